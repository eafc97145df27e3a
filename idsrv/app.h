/*
 * app: what lives as long as the process. Only names pointers to structs of the rooms below, so
 * access and the handlers may include it and nothing under them does.
 *
 * Threads   set once by main before any thread starts; `rules` is swapped by rules/rules
 */
#ifndef IDSRV_APP_H
#define IDSRV_APP_H

#define IDSRV_VERSION "0.1.0"

struct conf;
struct node;
struct rules_holder;
struct registry;
struct signer;
struct lists;
struct flow;
struct http_server;
struct metrics;
struct operate_health;
struct revoke_bundle;
struct issue_signed;
struct tally;
struct present_outbox;
struct limit;
struct login_provider;

struct app {
	const struct conf *conf;
	const struct node *node;       /* keys derived from the node secret */
	struct rules_holder *rules;    /* types, policies, trust, certificates, operators: rules_get() */
	struct registry *registry;
	struct signer *signer;
	struct lists *lists;
	struct flow *flow;
	struct metrics *metrics;
	struct tally *lookups;         /* people found, by operator: an alarm, never a decision */
	struct operate_health *health;
	struct revoke_bundle *bundle;
	struct issue_signed *metadata; /* of the credential issuer, signed */
	struct present_outbox *outbox;
	struct limit *limit;           /* of keys: parties and operators */
	struct limit *login_limit;     /* of addresses that try to log in */
	struct login_provider *provider; /* national sign-on; NULL: none */
	struct http_server *public_http;
	struct http_server *admin_http;
};

#endif
