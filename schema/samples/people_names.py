"""Names, places and address habits of eleven countries, from which make_people.py draws.

Every part is common enough to belong to nobody. A pair is written local=Latin; lists are
separated by blanks (pairs with inner blanks by '|').
"""


def pairs(text):
    """'ก=Ko ข=Kho' -> [('ก', 'Ko'), ('ข', 'Kho')]"""
    cut = text.split("|") if "|" in text else text.split()
    return [tuple(p.strip().split("=")) for p in cut]


# ---- Thai -----------------------------------------------------------------
TH_M = pairs("""สมชาย=Somchai อำนาจ=Amnat ประเสริฐ=Prasert กิตติ=Kitti ณัฐพล=Natthaphon ธนกฤต=Thanakrit วิชัย=Wichai
    สุรชัย=Surachai พงศกร=Phongsakon ชาญวิทย์=Chanwit ศุภชัย=Suphachai เฉลิมพล=Chaloemphon ปิติ=Piti มานะ=Mana
    อนุชา=Anucha ธีรพงษ์=Thiraphong จิรายุ=Chirayu วรวุฒิ=Worawut บุญมี=Bunmi ทองคำ=Thongkham""")
TH_F = pairs("""สมหญิง=Somying กัญญา=Kanya น้ำฝน=Namfon มาลี=Mali สุดารัตน์=Sudarat พิมพ์ชนก=Phimchanok อรุณี=Aruni
    ปราณี=Prani วิไลวรรณ=Wilaiwan ชูใจ=Chuchai ศิริพร=Siriphon จันทร์เพ็ญ=Chanphen รัตนา=Rattana นภาพร=Naphaphon
    กมลวรรณ=Kamonwan ธิดารัตน์=Thidarat บุษบา=Butsaba ลำดวน=Lamduan อัมพร=Amphon เพ็ญศรี=Phensi""")
TH_FAM = pairs("""ใจดี=Chaidi ศรีสุข=Sisuk ทองดี=Thongdi แก้วมณี=Kaeomani บุญเรือง=Bunrueang วงศ์สวัสดิ์=Wongsawat
    สุวรรณรัตน์=Suwannarat พิทักษ์ธรรม=Phithaktham อินทรสมบัติ=Intharasombat จันทร์แก้ว=Chankaeo ดำรงศักดิ์=Damrongsak
    เจริญสุข=Charoensuk ชัยมงคล=Chaimongkhon พรหมสุวรรณ=Phromsuwan รักษาทรัพย์=Raksasap นาคประดิษฐ์=Nakpradit
    ตันติวิทย์=Tantiwit ภูมิพิพัฒน์=Phumiphiphat หาญกล้า=Hankla มีสมบูรณ์=Misombun""")
# Parts of which the very long Thai names are joined.
TH_LONG = pairs("""สุวรรณ=suwanna มหา=maha เทพ=thep รัตน=rattana วิจิตร=wichit สิริ=siri โสภา=sopha พิพัฒน์=phiphat
    มงคล=mongkhon ชัย=chai วรา=wara นันท์=nan ภักดี=phakdi ธรรม=tham กุล=kun วัฒนา=watthana ประภา=prapha
    ศักดิ์=sak อนันต์=anan บวร=bowon""")
TH_PLACE = pairs("""เชียงใหม่=Chiang Mai|ขอนแก่น=Khon Kaen|นครราชสีมา=Nakhon Ratchasima|สงขลา=Songkhla|ลำปาง=Lampang
    |อุบลราชธานี=Ubon Ratchathani|ชลบุรี=Chon Buri|สุราษฎร์ธานี=Surat Thani|กรุงเทพมหานคร=Bangkok|อยุธยา=Ayutthaya""")
TH_TOWN = ["เมือง", "ในเมือง", "ท่าช้าง", "บ้านใหม่", "หนองบัว", "ศรีภูมิ", "วังทอง", "ดอนแก้ว"]
TH_STREET = ["ถนนราชดำเนิน", "ถนนมิตรภาพ", "ถนนสุขใจ", "ถนนท่าน้ำ", "ถนนประชาสามัคคี", "ถนนริมคลอง"]

# ---- Lao ------------------------------------------------------------------
LA_M = pairs("""ສົມພອນ=Somphone ບຸນມີ=Bounmy ຄຳແພງ=Khampheng ທອງສຸກ=Thongsouk ວິໄລ=Vilay ສຸລິຍາ=Souliya ຄຳຫຼ້າ=Khamla
    ພູວົງ=Phouvong ສີສະຫວາດ=Sisavath ໄຊຍະ=Xaya ອຸດົມ=Oudom ແກ້ວ=Keo ບຸນທັນ=Bounthanh ສົມສັກ=Somsack""")
LA_F = pairs("""ຈັນທາ=Chantha ມະນີ=Many ດາວັນ=Davanh ບົວພັນ=Bouaphanh ສຸກສະຫວັນ=Souksavanh ນ້ອຍ=Noy ວັນນາ=Vanna
    ຄຳພູ=Khamphou ພອນ=Phone ສີດາ=Sida ແສງເດືອນ=Sengdeuan ລັດດາ=Latda ຈັນສຸກ=Chansouk ນາລີ=Naly""")
LA_FAM = pairs("""ພົມມະຈັນ=Phommachanh ວົງສາ=Vongsa ສຸວັນນະສິນ=Souvannasinh ອິນທະວົງ=Inthavong ໄຊຍະວົງ=Xayavong
    ແກ້ວມະນີ=Keomany ສີປະເສີດ=Sipaseuth ບຸນຍະວົງ=Bounyavong ຈັນທະວົງ=Chanthavong ຄຳວົງສາ=Khamvongsa
    ພິມມະສອນ=Phimmasone ລາດຊະວົງ=Latsavong ທຳມະວົງ=Thammavong ສຸລິວົງ=Soulivong""")
LA_PLACE = pairs("""ວຽງຈັນ=Vientiane|ຫຼວງພະບາງ=Luang Prabang|ສະຫວັນນະເຂດ=Savannakhet|ຈຳປາສັກ=Champasak|ຄຳມ່ວນ=Khammouane
    |ໄຊຍະບູລີ=Xayaboury|ຊຽງຂວາງ=Xiangkhouang|ຫຼວງນ້ຳທາ=Luang Namtha""")
LA_TOWN = ["ບ້ານໂພນໄຊ", "ບ້ານທາດຫຼວງ", "ບ້ານນາໄຊ", "ບ້ານດອນແດງ", "ບ້ານໜອງບົວ", "ບ້ານຫ້ວຍຊາຍ"]
LA_DISTRICT = ["ເມືອງຈັນທະບູລີ", "ເມືອງໄຊເສດຖາ", "ເມືອງສີໂຄດຕະບອງ", "ເມືອງປາກເຊ", "ເມືອງນາຊາຍ"]

# ---- Khmer ----------------------------------------------------------------
KH_M = pairs("""សុខា=Sokha វិបុល=Vibol ដារ៉ា=Dara បូរី=Borey ចាន់ថា=Chantha រតនា=Ratana ពិសិដ្ឋ=Piseth វុទ្ធី=Vuthy
    ភារុណ=Phearun សំណាង=Samnang ឧត្តម=Oudom កុសល=Kosal វណ្ណៈ=Vannak ធារិទ្ធ=Thearith សុភ័ក្ត្រ=Sopheak""")
KH_F = pairs("""ស្រីមុំ=Sreymom ចន្ថា=Chanthea បុប្ផា=Bopha កល្យាណ=Kalyan សុភា=Sophea មាលា=Mealea លីណា=Lina
    រស្មី=Rasmey ធីតា=Thida ម៉ាលី=Maly សុជាតា=Socheata វាសនា=Veasna ទេវី=Tevy នារី=Neary ច័ន្ទធារី=Chantheary""")
KH_FAM = pairs("""សុខ=Sok ចាន់=Chan គឹម=Kim លី=Ly ហេង=Heng ជា=Chea កែវ=Keo អ៊ុំ=Um ប៉ែន=Pen ម៉ៅ=Mao នួន=Nuon ឈឹម=Chhim
    សំ=Sam យឹម=Yim ឡុង=Long ទេព=Tep រស់=Ros ផល=Phal""")
KH_PLACE = pairs("""ភ្នំពេញ=Phnom Penh|សៀមរាប=Siem Reap|បាត់ដំបង=Battambang|កំពង់ចាម=Kampong Cham|កំពត=Kampot
    |តាកែវ=Takeo|ពោធិ៍សាត់=Pursat|ក្រចេះ=Kratie|ស្វាយរៀង=Svay Rieng""")
KH_TOWN = ["ភូមិថ្មី", "ភូមិស្វាយ", "ភូមិអូរ", "ភូមិព្រែក", "ភូមិវត្ត", "ភូមិត្រពាំង"]
KH_COMMUNE = ["សង្កាត់ទី១", "សង្កាត់ទួលស្វាយ", "ឃុំព្រៃវែង", "ឃុំស្ទឹង", "សង្កាត់ផ្សារថ្មី", "ឃុំបឹង"]

# ---- Burmese (Unicode order: a vowel sign follows its consonant) -----------
MM_M = pairs("""အောင်=Aung|ကျော်=Kyaw|ဇော်=Zaw|မင်း=Min|သန့်=Thant|ကိုကို=Ko Ko|လင်း=Lin|ထွန်း=Htun|ဝင်း=Win|နိုင်=Naing
    |ဖြိုး=Phyo|သူရ=Thura|ရဲ=Ye|မျိုး=Myo|သီဟ=Thiha|ဟိန်း=Hein""")
MM_F = pairs("""ခင်=Khin စု=Su မြ=Mya နု=Nu ဝေ=Wai သီတာ=Thida အေး=Aye လှ=Hla ဖြူ=Phyu နှင်း=Hnin သဇင်=Thazin စန္ဒာ=Sandar
    ယမင်း=Yamin မေ=May ရတနာ=Yadanar ငြိမ်း=Nyein""")
MM_SINGLE = pairs("သီဟ=Thiha နု=Nu ဦး=Oo မြ=Mya ထူး=Htoo ဇွဲ=Zwe ညီညီ=Nyi-Nyi အိ=Ei")
MM_PLACE = pairs("""ရန်ကုန်=Yangon|မန္တလေး=Mandalay|ပဲခူး=Bago|မကွေး=Magway|စစ်ကိုင်း=Sagaing|တောင်ကြီး=Taunggyi
    |မော်လမြိုင်=Mawlamyine|ပုသိမ်=Pathein|မြစ်ကြီးနား=Myitkyina""")
MM_STREET = ["ဗိုလ်ချုပ်လမ်း", "အနော်ရထာလမ်း", "ကမ်းနားလမ်း", "ပန်းခြံလမ်း", "သစ္စာလမ်း", "မေတ္တာလမ်း"]
MM_WARD = ["ရပ်ကွက် ၁", "ရပ်ကွက် ၂", "ရပ်ကွက် ၅", "မြို့သစ်ရပ်ကွက်", "ဈေးရပ်ကွက်", "အောင်မင်္ဂလာရပ်ကွက်"]

# ---- Vietnamese (Latin letters with marks: no second name) -----------------
VN_FAM = "Nguyễn Trần Lê Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý".split()
VN_MID_M = "Văn Đức Hữu Quốc Minh Công Xuân Thành Đình".split()
VN_MID_F = "Thị Ngọc Thu Thanh Kim Hồng Bích Mỹ Diệu".split()
VN_M = "An Bình Cường Dũng Đạt Hiếu Hùng Khánh Long Nghĩa Phúc Quân Sơn Tuấn Vượng Trường".split()
VN_F = "Ánh Bưởi Châu Dung Hằng Hương Lan Liễu Nguyệt Nhung Oanh Phượng Quỳnh Thảo Trâm Yến".split()
VN_PLACE = ["Hà Nội", "Đà Nẵng", "Cần Thơ", "Huế", "Nghệ An", "Quảng Nam", "Lâm Đồng", "Đắk Lắk", "Hải Phòng"]
VN_STREET = ["đường Trần Phú", "đường Hoa Sữa", "phố Hàng Nón", "đường Bờ Kè", "đường Cây Đa", "phố Chợ Mới"]
VN_WARD = ["phường Bình An", "xã Tân Lập", "phường Đông Sơn", "xã Hòa Phước", "phường Mỹ Xuyên", "xã Yên Thịnh"]

# ---- Chinese (as Singapore and Malaysia write and romanise it) -------------
ZH_FAM = pairs("陈=Tan 林=Lim 李=Lee 黄=Ng 王=Ong 吴=Goh 张=Teo 蔡=Chua 郑=Tay 许=Koh 刘=Low 何=Ho 杨=Yeo 叶=Yap 梁=Leong")
ZH_M = pairs("伟明=Wei-Ming 志强=Zhi-Qiang 俊杰=Jun-Jie 国华=Guo-Hua 建文=Jian-Wen 家豪=Jia-Hao 文龙=Wen-Long 永康=Yong-Kang"
             " 德福=De-Fu 嘉伟=Jia-Wei 明辉=Ming-Hui 天佑=Tian-You")
ZH_F = pairs("美玲=Mei-Ling 秀英=Xiu-Ying 慧敏=Hui-Min 丽华=Li-Hua 淑芬=Shu-Fen 雪怡=Xue-Yi 佳颖=Jia-Ying 宝珠=Bao-Zhu"
             " 诗婷=Shi-Ting 月娥=Yue-E 欣怡=Xin-Yi 玉兰=Yu-Lan")

# ---- Tamil -----------------------------------------------------------------
TA_M = pairs("குமரன்=Kumaran ராஜேந்திரன்=Rajendran முருகன்=Murugan செல்வம்=Selvam கண்ணன்=Kannan மணிவண்ணன்=Manivannan"
             " அருண்=Arun பாலகிருஷ்ணன்=Balakrishnan சரவணன்=Saravanan தமிழ்ச்செல்வன்=Tamilselvan கோபால்=Gopal இளங்கோ=Ilango")
TA_F = pairs("லட்சுமி=Letchumi மீனா=Meena கவிதா=Kavitha வள்ளி=Valli பொன்னி=Ponni தேவி=Devi சாந்தி=Shanti மல்லிகா=Malliga"
             " கயல்விழி=Kayalvizhi அம்பிகா=Ambiga ராணி=Rani யாழினி=Yalini")

# ---- Malay, with Jawi ------------------------------------------------------
MS_M = pairs("احمد=Ahmad محمد=Muhammad حسن=Hassan عبدالله=Abdullah اسماعيل=Ismail رحمن=Rahman زكريا=Zakaria آدم=Adam"
             " يوسف=Yusof ابراهيم=Ibrahim عثمان=Othman سليمان=Sulaiman رزالي=Razali بحرين=Bahrin")
MS_F = pairs("سيتي=Siti نور=Nur عائشة=Aishah فاطمه=Fatimah زينب=Zainab امينه=Aminah مريم=Mariam حليمه=Halimah نورول=Nurul"
             " رقيه=Rokiah صالحه=Salihah جميله=Jamilah")
BN_PLACE = [("Bandar Seri Begawan", "Brunei-Muara", "BS8711"), ("Kuala Belait", "Belait", "KA1131"),
            ("Tutong", "Tutong", "TA1141"), ("Bangar", "Temburong", "PA1151"), ("Jerudong", "Brunei-Muara", "BG3122")]
MY_PLACE = [("Georgetown", "Pulau Pinang", "10200"), ("Ipoh", "Perak", "30000"), ("Kota Bharu", "Kelantan", "15000"),
            ("Kuching", "Sarawak", "93000"), ("Kota Kinabalu", "Sabah", "88000"), ("Johor Bahru", "Johor", "80000"),
            ("Shah Alam", "Selangor", "40000"), ("Kuala Terengganu", "Terengganu", "20000")]
MS_STREET = ["Jalan Melati", "Jalan Kenanga", "Lorong Cempaka", "Jalan Sungai Baru", "Simpang 88", "Jalan Padi Emas"]
MS_KAMPUNG = ["Kampung Ayer", "Kampung Baru", "Taman Sejahtera", "Kampung Padang", "Taman Bunga Raya", "Kampung Pandan"]
SG_PLACE = ["Ang Mo Kio Avenue 3", "Bedok North Street 1", "Tampines Street 21", "Jurong West Street 52",
            "Toa Payoh Lorong 4", "Yishun Ring Road"]

# ---- Indonesian ------------------------------------------------------------
ID_SINGLE_M = "Suharjo Sukirman Paijo Wagiman Sutrisno Kasman Tukijan Slamet Ponimin Sugeng Mulyadi Karto".split()
ID_SINGLE_F = "Sumarni Suminah Wagiyem Tukinem Kartini Sulastri Painem Ngatiyem Juminten Mulyani Warsiti Sarinem".split()
ID_M = "Budi Agus Wayan Made Ketut Rizki Andi Yohanes Dedi Eko Fajar Hendra".split()
ID_F = "Dewi Sri Putu Ayu Ratna Maria Nyoman Indah Lestari Wulan Yuni Rina".split()
ID_LAST = "Santoso Wijaya Prasetyo Siregar Nasution Simanjuntak Hutapea Saputra Pangestu Tanjung Lubis Manurung".split()
ID_PLACE = [("Bantul", "DI Yogyakarta", "55711"), ("Denpasar", "Bali", "80111"), ("Medan", "Sumatera Utara", "20111"),
            ("Makassar", "Sulawesi Selatan", "90111"), ("Kupang", "Nusa Tenggara Timur", "85111"),
            ("Bandung", "Jawa Barat", "40111"), ("Banda Aceh", "Aceh", "23111"), ("Jayapura", "Papua", "99111")]
ID_STREET = ["Jl. Melati", "Jl. Kebon Jeruk", "Jl. Pahlawan", "Jl. Raya Desa", "Gang Mawar", "Jl. Sawah Besar"]

# ---- Filipino --------------------------------------------------------------
PH_M = ["Juan Miguel", "Jose Mari", "Andres", "Ramil", "Danilo", "Efren", "Crisanto", "Jun-Jun", "Benigno", "Rodel"]
PH_F = ["Maria Clara", "Luzviminda", "Corazon", "Rosalinda", "Divina", "Analyn", "Maricel", "Imelda Rose", "Teresita",
        "Ligaya"]
PH_LAST = ["Dela Cruz", "Santos", "Reyes", "Bautista", "Peñaflor", "Ocampo", "Macaraeg", "Dimaculangan", "Magsaysay",
           "Nuñez", "Catacutan", "Villanueva", "Pangilinan"]
PH_PLACE = [("Cebu City", "Cebu", "6000"), ("Iloilo City", "Iloilo", "5000"), ("Davao City", "Davao del Sur", "8000"),
            ("Vigan", "Ilocos Sur", "2700"), ("Dumaguete", "Negros Oriental", "6200"), ("Quezon City", "Metro Manila", "1100")]
PH_STREET = ["Rizal Street", "Mabini Street", "Sampaguita Street", "Bonifacio Street", "Ilang-Ilang Street"]

# ---- Timorese --------------------------------------------------------------
TL_M = ["José", "Domingos", "Mau-Bere", "António", "João", "Natalino", "Mateus", "Filomeno", "Aniceto", "Celestino"]
TL_F = ["Maria", "Domingas", "Bi-Lou", "Conceição", "Filomena", "Joana", "Odília", "Natércia", "Inês", "Luzia"]
TL_LAST = ["da Costa", "Soares", "dos Santos", "Ximenes", "Belo", "Guterres", "de Araújo", "da Conceição", "Amaral",
           "Pereira", "Gusmão", "Freitas"]
TL_PLACE = [("Díli", "Díli"), ("Baucau", "Baucau"), ("Same", "Manufahi"), ("Lospalos", "Lautém"), ("Maliana", "Bobonaro"),
            ("Suai", "Covalima"), ("Aileu", "Aileu")]
TL_STREET = ["Rua de Lecidere", "Avenida Marginal", "Rua da Amizade", "Rua do Mercado", "Rua 30 de Agosto"]

# Country: name of the sample register, of the licence office, sign on vehicles (UN list), languages apart.
OFFICES = {
    "BN": ("Sample National Registry of Brunei Darussalam", "Sample Land Transport Office of Brunei Darussalam", "BRU"),
    "KH": ("Sample Civil Registry of Cambodia", "Sample Transport Office of Cambodia", "K"),
    "ID": ("Sample Population Registry of Indonesia", "Sample Traffic Office of Indonesia", "RI"),
    "LA": ("Sample Population Registry of Lao PDR", "Sample Transport Office of Lao PDR", "LAO"),
    "MY": ("Sample National Registry of Malaysia", "Sample Road Transport Office of Malaysia", "MAL"),
    "MM": ("Sample Population Registry of Myanmar", "Sample Road Transport Office of Myanmar", "MYA"),
    "PH": ("Sample Population Registry of the Philippines", "Sample Land Transport Office of the Philippines", "RP"),
    "SG": ("Sample National Registry of Singapore", "Sample Traffic Office of Singapore", "SGP"),
    "TH": ("Sample Civil Registry of Thailand", "Sample Land Transport Office of Thailand", "T"),
    "TL": ("Sample Civil Registry of Timor-Leste", "Sample Land Transport Office of Timor-Leste", "TL"),
    "VN": ("Sample Population Registry of Viet Nam", "Sample Road Transport Office of Viet Nam", "VN"),
}
