#include "signer/signer_proc.h"
#include "suite/cert.h"
#include "suite/pem.h"
#include "sys/file.h"

enum { PEM_MAX = 64 * 1024 };

static bool open_one(struct idr_suite *s, struct idr_arena *a, const struct conf *conf,
    enum rules_key k, struct idr_private **out, struct idr_err *err)
{
	char *key_path = idr_arena_printf(a, err, "%s/%s.key", conf->key_dir, rules_key_name(k));
	char *cert_path = rules_certificate_path(a, conf, k, err);
	struct idr_bytes pem, der[IDR_CHAIN_MAX];
	struct idr_cert cert;
	size_t n;

	if (!key_path || !cert_path)
		return false;
	if (file_is_open_to_others(key_path))
		return idr_fail(err, IDR_CONFIG, NULL, "%s can be read by others: chmod 600 it", key_path);
	if (!file_read(a, cert_path, PEM_MAX, &pem, err) ||
	    !idr_pem_certificates(a, pem, der, IDR_CHAIN_MAX, &n, err) || n == 0 ||
	    !idr_cert_parse(s, a, der[0], &cert, err) || !file_read(a, key_path, PEM_MAX, &pem, err) ||
	    !idr_private_from_pem(s, pem, out, err))
		return false;
	if (!idr_key_equal(&cert.key, idr_private_public(*out)))
		return idr_fail(err, IDR_CONFIG, NULL, "%s is not the key of %s", key_path, cert_path);
	return true;
}

bool signer_keys_open(struct idr_suite *s, struct idr_arena *a, const struct conf *conf,
    struct signer_keys *out, struct idr_err *err)
{
	memset(out, 0, sizeof(*out));
	for (int k = 0; k < RULES_KEYS; k++)
		if (!open_one(s, a, conf, (enum rules_key)k, &out->key[k], err))
			return false;
	return true;
}

void signer_keys_close(struct signer_keys *keys)
{
	for (int k = 0; k < RULES_KEYS; k++)
		if (keys->key[k])
			idr_private_free(&keys->key[k]);
}
