/*
 * types_text: characters a name or address never needs, and Burmese in Zawgyi encoding.
 *
 * Zawgyi puts other characters on code points of the Myanmar block: its E comes before the
 * consonant, U+1039 is the visible asat, U+103A to U+103D are other medials, U+1060 to U+1097
 * are shapes. It is found by what cannot stand in Unicode text, so correct Unicode is never
 * refused; a few short Zawgyi words that are also well-formed Unicode cannot be told apart.
 *
 * Standard  The Unicode Standard chapter 16.3; UTN #11
 */
#include "types/types_internal.h"

static bool in(uint32_t c, uint32_t from, uint32_t to)
{
	return c >= from && c <= to;
}

static bool is_control(uint32_t c)
{
	bool is_noncharacter = in(c, 0xFDD0, 0xFDEF) || (c & 0xFFFE) == 0xFFFE;

	return c < 0x20 || in(c, 0x7F, 0x9F) || is_noncharacter;
}

/* What may carry medials and vowels: consonants and independent vowels, also Mon, Karen, Shan. */
static bool is_base(uint32_t c)
{
	return in(c, 0x1000, 0x102A) || c == 0x103F || c == 0x104E || in(c, 0x1050, 0x1051) ||
	    in(c, 0x105A, 0x105D) || c == 0x1061 || in(c, 0x1065, 0x1066) || in(c, 0x106E, 0x1070) ||
	    in(c, 0x1075, 0x1081) || c == 0x108E;
}

static bool is_medial(uint32_t c)
{
	return in(c, 0x103B, 0x103E) || in(c, 0x105E, 0x1060) || c == 0x1082;
}

/* Consonants of one row of the alphabet stack; and some of Pali and Sanskrit loans. */
static bool is_stack(uint32_t upper, uint32_t lower)
{
	static const uint32_t rows[][2] = { { 0x1000, 0x1003 }, { 0x1005, 0x1009 }, { 0x100B, 0x100F },
		{ 0x1010, 0x1014 }, { 0x1015, 0x1019 }, { 0x101C, 0x101C }, { 0x101E, 0x101E } };

	if (upper > 0x1021 || lower > 0x1021)
		return is_base(upper) && is_base(lower); /* Mon and others: not ours to judge */
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (in(upper, rows[i][0], rows[i][1]) && in(lower, rows[i][0], rows[i][1]))
			return true;
	if ((upper == 0x1010 && lower == 0x1019) || (upper == 0x1012 && lower == 0x1002) ||
	    (upper == 0x101E && (lower == 0x1010 || lower == 0x1019)))
		return true;
	/* ya, ra and wa below another letter are medials, never stacked */
	return lower == 0x101C && upper <= 0x1019 && upper != 0x1004 && upper != 0x100A;
}

/* One code point with its neighbours; 0 stands for anything outside the Myanmar block. */
struct place {
	uint32_t before2, before, c, next;
};

static bool is_broken_virama(const struct place *p)
{
	if (!is_base(p->next) || p->next == 0x104E)
		return true; /* U+1039 shown as asat */
	if (p->before == 0x103A) /* kinzi */
		return p->before2 != 0x1004 && p->before2 != 0x101B && p->before2 != 0x105A;
	return !is_stack(p->before, p->next);
}

/* Vowels and medials that never follow the asat of Unicode, but do follow the medial of Zawgyi. */
static bool is_broken_asat(const struct place *p)
{
	return p->before == 0 || in(p->next, 0x102B, 0x102E) || p->next == 0x1030 ||
	    p->next == 0x1031 || p->next == 0x1032 || p->next == 0x1036 || in(p->next, 0x103C, 0x103E);
}

static bool is_broken_medial(const struct place *p)
{
	if (p->before == 0x1021)
		return in(p->c, 0x103B, 0x103C); /* no word has ya or ra below A */
	if (is_base(p->before))
		return false;
	if (p->before == 0x103A)
		return p->c != 0x103B; /* the contraction of "man" writes asat, then medial ya */
	if (in(p->before, 0x103B, 0x103E))
		return p->c <= p->before; /* UTN #11: in this order, each once */
	return !is_medial(p->before);
}

/* Shan writes neither these consonants nor the virama, so its own letters are no sign of Zawgyi. */
static bool is_never_shan(uint32_t c)
{
	return in(c, 0x1000, 0x1003) || in(c, 0x1005, 0x100F) || c == 0x1014 || in(c, 0x1016, 0x1018) ||
	    in(c, 0x101F, 0x1021) || in(c, 0x1033, 0x1034) || c == 0x1037 || c == 0x1039 ||
	    c == 0x105A || in(c, 0x1060, 0x1074);
}

struct language {
	bool shan, mon; /* mon: also S'gaw Karen, which borrows from it */
};

static struct language guess(struct idr_bytes text)
{
	struct language l = { true, false };
	uint32_t before = 0;

	for (size_t at = 0; at < text.n;) {
		uint32_t c = idr_utf8_next(text, &at);

		if (is_never_shan(c))
			l.shan = false;
		/* unused by Zawgyi, and a tone of S'gaw Karen, which Zawgyi cannot write */
		if (c == 0x1028 || in(c, 0x105B, 0x105F) || (c == 0x103A && in(before, 0x1062, 0x1064)))
			l.mon = true;
		before = c;
	}
	return l;
}

/* A shape of Zawgyi, on a code point that Unicode gives to another language's letter. */
static bool is_shape(const struct place *p, struct language l)
{
	if (in(p->c, 0x1033, 0x1034) || p->c == 0x105A || p->c == 0x1060)
		return !l.mon;
	if (!in(p->c, 0x1061, 0x1097))
		return false;
	if (in(p->c, 0x1062, 0x1064) && p->next == 0x103A)
		return false;
	return !(l.shan && p->c >= 0x1075);
}

static bool is_sign_of_zawgyi(const struct place *p, struct language l)
{
	if (p->c == 0x1031)
		return !is_base(p->before) && !is_medial(p->before);
	if (p->c == 0x1039)
		return is_broken_virama(p);
	if (p->c == 0x103A)
		return is_broken_asat(p);
	if (in(p->c, 0x103B, 0x103E))
		return is_broken_medial(p);
	return is_shape(p, l);
}

/* The code point at *at within the Myanmar block, else 0. Joiners are passed over. */
static uint32_t next_myanmar(struct idr_bytes text, size_t *at)
{
	uint32_t c = 0;

	while (*at < text.n) {
		c = idr_utf8_next(text, at);
		if (!in(c, 0x200C, 0x200D) && c != 0x2060)
			break;
		c = 0;
	}
	/* digits and punctuation end a syllable like a space */
	return in(c, 0x1000, 0x109F) && !in(c, 0x1040, 0x104D) && c != 0x104F ? c : 0;
}

static bool has_myanmar(struct idr_bytes text)
{
	for (size_t i = 0; i + 2 < text.n; i++)
		if (text.p[i] == 0xE1 && (text.p[i + 1] == 0x80 || text.p[i + 1] == 0x81 ||
		    text.p[i + 1] == 0x82))
			return true;
	return false;
}

bool idr_types_is_zawgyi(struct idr_bytes text)
{
	struct place p = { 0, 0, 0, 0 };
	struct language l;
	size_t at = 0;

	if (!has_myanmar(text))
		return false;
	l = guess(text);
	p.next = next_myanmar(text, &at);
	for (bool more = true; more;) {
		more = at < text.n;
		p = (struct place){ p.before, p.c, p.next, more ? next_myanmar(text, &at) : 0 };
		if (p.c && is_sign_of_zawgyi(&p, l))
			return true;
	}
	return false;
}

bool idr_text_check(struct idr_bytes text, struct idr_err *err)
{
	const char *ref = "schema/types/README.md";

	if (!idr_is_utf8(text))
		return idr_fail(err, IDR_UTF8, "RFC 3629", "the text is not UTF-8");
	for (size_t at = 0; at < text.n;) {
		uint32_t c = idr_utf8_next(text, &at);

		if (is_control(c))
			return idr_fail(err, IDR_CONTROL_CHARACTER, ref, "the text holds U+%04X",
			    (unsigned)c);
		if (idr_is_bidi_control(c))
			return idr_fail(err, IDR_BIDI_CONTROL, ref, "the text holds U+%04X", (unsigned)c);
	}
	if (idr_types_is_zawgyi(text))
		return idr_fail(err, IDR_ZAWGYI, ref, "the text is Burmese in Zawgyi encoding");
	return true;
}
