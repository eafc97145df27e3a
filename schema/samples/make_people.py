#!/usr/bin/env python3
"""Makes people.ndjson: 1,000 plainly invented people of eleven countries, the same every time.

Python's standard library and the programs `cwebp` and `cjpeg` (Debian: webp, libjpeg-turbo-progs). Its output is committed; run it
again only to change the sample. The names are combinations of common parts (people_names.py), the
numbers say SAMPLE, the faces are drawn (people_portrait.py).
"""
import base64
import json
import random
import sys
import unicodedata
from datetime import date, timedelta

import people_names as n
from people_portrait import cjpeg, draw, portrait

COUNTRIES = ["BN", "KH", "ID", "LA", "MY", "MM", "PH", "SG", "TH", "TL", "VN"]
TODAY = date(2026, 11, 1)
COUNT = 1000
# People of Thailand whose names fill the fields. Beyond the first 200 lines, with which `idctl type
# lint` measures at level M: such a name and a portrait need a version 29 symbol.
VERY_LONG = (525, 690, 855, 998)


def thai(r, sex):
    first, family = r.choice(n.TH_M if sex == 1 else n.TH_F), r.choice(n.TH_FAM)
    if r.random() < 0.06:  # Thai family names can be very long
        parts = r.sample(n.TH_LONG, 12)
        family = ("".join(p[0] for p in parts), "".join(p[1] for p in parts).capitalize())
    place = r.choice(n.TH_PLACE)
    house = "%d/%d" % (r.randint(1, 299), r.randint(1, 40))
    street, town = r.choice(n.TH_STREET), r.choice(n.TH_TOWN)
    return dict(given=first[1], family=family[1], local="%s %s" % (first[0], family[0]), lang="tha",
                place=place[1], house=house, street=street, locality=town, region=place[0],
                text="%s %s\n%s %s %05d" % (house, street, town, place[0], r.randint(10000, 96000)))


def joined(r, count):
    parts = [r.choice(n.TH_LONG) for _ in range(count)]
    return "".join(p[0] for p in parts), "".join(p[1] for p in parts).capitalize()


def very_long(i):
    """Drawn apart, so that the rest of the person stays as it is."""
    r = random.Random("idrail long name %d" % i)
    first, family = joined(r, 12), joined(r, 20)
    return dict(given=first[1], family=family[1], local="%s %s" % (first[0], family[0]))


def lao(r, sex):
    first, family, place = r.choice(n.LA_M if sex == 1 else n.LA_F), r.choice(n.LA_FAM), r.choice(n.LA_PLACE)
    town, district = r.choice(n.LA_TOWN), r.choice(n.LA_DISTRICT)
    return dict(given=first[1], family=family[1], local="%s %s" % (first[0], family[0]), lang="lao",
                place=place[1], locality=town, region=place[0],
                text="%s, %s\n%s" % (town, district, place[0]))


def khmer(r, sex):
    first, family, place = r.choice(n.KH_M if sex == 1 else n.KH_F), r.choice(n.KH_FAM), r.choice(n.KH_PLACE)
    town, commune = r.choice(n.KH_TOWN), r.choice(n.KH_COMMUNE)
    return dict(given=first[1], family=family[1], order="family", local="%s %s" % (family[0], first[0]), lang="khm",
                place=place[1], locality=town, region=place[0],
                text="%s %s\n%s" % (town, commune, place[0]))


def burmese(r, sex):
    pool, place = (n.MM_M if sex == 1 else n.MM_F), r.choice(n.MM_PLACE)
    if r.random() < 0.25:  # one name is a whole name
        one = r.choice(n.MM_SINGLE)
        local, latin = one[0], one[1].replace("-", " ")
    else:
        parts = r.sample(pool, r.choice([2, 3, 3]))
        local, latin = "".join(p[0] for p in parts), " ".join(p[1] for p in parts)
    street, ward = r.choice(n.MM_STREET), r.choice(n.MM_WARD)
    return dict(given=latin, family=None, local=local, lang="mya", place=place[1], street=street, locality=ward,
                region=place[0], text="%s၊ %s\n%s" % (street, ward, place[0]))


def vietnamese(r, sex):
    given = "%s %s" % (r.choice(n.VN_MID_M if sex == 1 else n.VN_MID_F), r.choice(n.VN_M if sex == 1 else n.VN_F))
    family, place, house = r.choice(n.VN_FAM), r.choice(n.VN_PLACE), str(r.randint(1, 400))
    street, ward = r.choice(n.VN_STREET), r.choice(n.VN_WARD)
    return dict(given=given, family=family, order="family", place=place, house=house, street=street, locality=ward,
                region=place, text="%s %s\n%s, %s" % (house, street, ward, place))


def chinese(r, sex):
    family, first = r.choice(n.ZH_FAM), r.choice(n.ZH_M if sex == 1 else n.ZH_F)
    return dict(given=first[1].replace("-", " "), family=family[1], order="family", local=family[0] + first[0],
                lang="zho")


def tamil(r, sex):
    first, father = r.choice(n.TA_M if sex == 1 else n.TA_F), r.choice(n.TA_M)
    word = ("த/பெ", "s/o") if sex == 1 else ("த/பெ", "d/o")
    return dict(given="%s %s %s" % (first[1], word[1], father[1]), family=None,
                local="%s %s %s" % (first[0], word[0], father[0]), lang="tam")


def malay(r, sex):
    first, father = r.choice(n.MS_M if sex == 1 else n.MS_F), r.choice(n.MS_M)
    word = ("بن", "bin") if sex == 1 else ("بنت", "binti")
    return dict(given="%s %s %s" % (first[1], word[1], father[1]), family=None,
                local="%s %s %s" % (first[0], word[0], father[0]), lang="msa")


def street_of(r, house, street, town, region, code):
    return dict(place=town, house=house, street=street, locality=town, region=region, code=code,
                text="%s %s\n%s %s, %s" % (house, street, code, town, region))


def malaysian(r, sex):
    who = r.choices([malay, chinese, tamil], [6, 3, 2])[0](r, sex)
    town, region, code = r.choice(n.MY_PLACE)
    return dict(who, **street_of(r, str(r.randint(1, 120)), r.choice(n.MS_STREET), town, region, code))


def bruneian(r, sex):
    who = r.choices([malay, chinese], [6, 1])[0](r, sex)
    town, region, code = r.choice(n.BN_PLACE)
    return dict(who, **street_of(r, str(r.randint(1, 90)), r.choice(n.MS_KAMPUNG), town, region, code))


def singaporean(r, sex):
    who = r.choices([chinese, malay, tamil], [5, 2, 2])[0](r, sex)
    street, unit = r.choice(n.SG_PLACE), "#%02d-%02d" % (r.randint(1, 18), r.randint(1, 400) % 90 + 1)
    block = str(r.randint(1, 780))
    return dict(who, place="Singapore", house="Blk %s %s" % (block, unit), street=street, locality="Singapore",
                region="Singapore", code="%06d" % r.randint(50000, 829999),
                text="Blk %s %s %s\nSingapore" % (block, street, unit))


def indonesian(r, sex):
    if r.random() < 0.4:  # a single name is a whole name
        who = dict(given=r.choice(n.ID_SINGLE_M if sex == 1 else n.ID_SINGLE_F), family=None)
    else:
        who = dict(given=r.choice(n.ID_M if sex == 1 else n.ID_F), family=r.choice(n.ID_LAST))
    town, region, code = r.choice(n.ID_PLACE)
    return dict(who, **street_of(r, "No. %d" % r.randint(1, 200), r.choice(n.ID_STREET), town, region, code))


def filipino(r, sex):
    town, region, code = r.choice(n.PH_PLACE)
    return dict(given=r.choice(n.PH_M if sex == 1 else n.PH_F),
                family="%s %s" % (r.choice(n.PH_LAST), r.choice(n.PH_LAST)),
                **street_of(r, str(r.randint(1, 999)), r.choice(n.PH_STREET), town, region, code))


def timorese(r, sex):
    town, region = r.choice(n.TL_PLACE)
    street = r.choice(n.TL_STREET)
    return dict(given=r.choice(n.TL_M if sex == 1 else n.TL_F), family=r.choice(n.TL_LAST), place=town, street=street,
                locality=town, region=region, text="%s\n%s, %s" % (street, town, region))


MAKERS = {"BN": bruneian, "KH": khmer, "ID": indonesian, "LA": lao, "MY": malaysian, "MM": burmese, "PH": filipino,
          "SG": singaporean, "TH": thai, "TL": timorese, "VN": vietnamese}


def full_name(who):
    if not who["family"]:
        return who["given"]
    pair = (who["family"], who["given"]) if who.get("order") == "family" else (who["given"], who["family"])
    return " ".join(pair)


def birth(r):
    """A day, and how much of it the register knows."""
    day = date(1938, 1, 1) + timedelta(days=r.randint(0, 27000))
    kind = r.random()
    if day.year < 1980 and kind < 0.10:
        return day, "%04d" % day.year
    if day.year < 1980 and kind < 0.16:
        return day, "%04d-%02d" % (day.year, day.month)
    return day, day.isoformat()


def address(who, country):
    a = {"formatted": who["text"].replace("\n", ", "), "country": country}
    for key, name in (("street", "street_address"), ("house", "house_number"), ("locality", "locality"),
                      ("region", "region"), ("code", "postal_code")):
        if who.get(key):
            a[name] = who[key]
    return a


def latin1(name):
    """The licence has Latin-1 only (ISO/IEC 18013-5): a letter outside loses its marks."""
    def one(letter):
        if ord(letter) < 256:
            return letter
        return {"Đ": "D", "đ": "d"}.get(letter) or unicodedata.normalize("NFD", letter)[0]
    return "".join(one(letter) for letter in unicodedata.normalize("NFC", name))


def licence(r, who, country, day, number):
    issued = TODAY - timedelta(days=r.randint(30, 1500))
    _, office, sign = n.OFFICES[country]
    return {
        # the one name of a person is the primary identifier, and "-" says that there is no other
        "name_primary": latin1(who["family"] or who["given"]),
        "name_secondary": latin1(who["given"]) if who["family"] else "-", "birth_date": day.isoformat(),
        "licence_number": "SAMPLE-L%06d" % number, "licence_issue_date": issued.isoformat(),
        "licence_expiry_date": (issued + timedelta(days=3650)).isoformat(), "licence_authority": office,
        "driving_privileges": [{"vehicle_category_code": c, "issue_date": issued.isoformat()}
                               for c in r.choice([["A1"], ["B"], ["A1", "B"], ["B", "C"]])],
        "un_distinguishing_sign": sign,
    }


def person(i):
    r = random.Random("idrail sample %d" % i)
    country, sex = COUNTRIES[i % len(COUNTRIES)], r.choice([1, 2])
    who = MAKERS[country](r, sex)
    if i in VERY_LONG:
        who.update(very_long(i))
    day, known = birth(r)
    issued = TODAY - timedelta(days=r.randint(10, 900))
    claims = {"full_name": full_name(who), "birthdate": known, "sex": sex, "nationalities": [country]}
    if who.get("local"):
        claims["full_name_local"], claims["full_name_local_language"] = who["local"], who["lang"]
    if who["family"]:
        claims["family_name"], claims["given_name"] = who["family"], who["given"]
    claims.update({
        "place_of_birth": {"locality": who["place"], "country": country},
        "address": address(who, country),
        "personal_administrative_number": "SAMPLE-%s-%06d" % (country, i),
        "document_number": "SAMPLE%06d" % i,
        "date_of_issuance": issued.isoformat(),
        "date_of_expiry": (issued + timedelta(days=3650)).isoformat(),
        "issuing_authority": n.OFFICES[country][0], "issuing_country": country,
        "residence_since": str(r.randint(max(1950, day.year), 2025)),
    })
    # who is known by a full date and of age may drive; the mobile licence demands a full date
    if len(known) == 10 and day.year < 2006:
        claims.update(licence(r, who, country, day, i))
    face = draw(r, sex, TODAY.year - day.year)
    claims["picture"] = base64.b64encode(portrait(face)).decode()
    if "licence_number" in claims:
        claims["licence_picture"] = base64.b64encode(cjpeg(face)).decode()
    line = json.dumps({"key": "%s-SAMPLE-%06d" % (country, i), "claims": claims}, ensure_ascii=False,
                      separators=(",", ":"))
    # as some registers export: decomposed; the importer has to compose it
    return unicodedata.normalize("NFD", line) if i % 55 == 10 else line


def main():
    with open("people.ndjson", "w", encoding="utf-8") as out:
        for i in range(1, COUNT + 1):
            out.write(person(i) + "\n")
            if sys.stderr.isatty():
                print("\r%d of %d" % (i, COUNT), end="", file=sys.stderr)


if __name__ == "__main__":
    main()
