/*
 * What is built: capability -> the profiles that must announce it, in every format. One of these that is not announced
 * is a failure; any other that is not announced skips its rows with that reason. A row moves in here with the change that
 * builds it, and never out.
 */
const PLAIN = ['plain'], HAIP = ['haip'], BOTH = ['plain', 'haip'];

export const BUILT = {
	'issuing dc+sd-jwt': BOTH,
	'issuing mso_mdoc': BOTH,
	'presenting dc+sd-jwt': BOTH,
	'presenting mso_mdoc': BOTH,
	'pre-authorized code': PLAIN,
	'anonymous': PLAIN,
	'authorization code': BOTH,
	'par': BOTH,
	'par required': BOTH,
	'wallet attestation': BOTH,
	'private_key_jwt': PLAIN,
	'challenge': BOTH,
	'refresh': BOTH,
	'rar': BOTH,
	'encryption': BOTH,
	'key attestation': BOTH,
	'attestation proof': BOTH,
	'deferred': BOTH,
	'approval': BOTH,
	'two clients': BOTH,
	'strangers': BOTH,
	'dpop': BOTH,
	'dpop nonce': HAIP,
	'c_nonce': BOTH,
	'batch': BOTH,
	'notification': BOTH,
	'status list': BOTH,
	'request_uri_method=post': BOTH,
	'transaction_data': BOTH,
	'dc_api': BOTH,
	'key attestation level': BOTH,
};

const proofTypes = ({ configurations, configuration }) => configurations[configuration]?.proof_types_supported ?? {};

/* The capabilities themselves: what of the server's own words announces them. */
export const ANNOUNCED = {
	'issuing': ({ configuration }) => configuration !== undefined,
	'pre-authorized code': ({ as }) => as.grant_types_supported?.some((one) => one.endsWith(':pre-authorized_code')),
	'authorization code': ({ as }) => as.authorization_endpoint && as.grant_types_supported?.includes('authorization_code'),
	'anonymous': ({ as }) => as['pre-authorized_grant_anonymous_access_supported'],
	'par': ({ as }) => as.pushed_authorization_request_endpoint,
	'par required': ({ as }) => as.require_pushed_authorization_requests,
	'refresh': ({ as }) => as.grant_types_supported?.includes('refresh_token'),
	'rar': ({ as }) => as.authorization_details_types_supported?.includes('openid_credential'),
	'dpop': ({ as }) => as.dpop_signing_alg_values_supported?.includes('ES256'),
	'wallet attestation': ({ as }) => as.token_endpoint_auth_methods_supported?.includes('attest_jwt_client_auth'),
	'private_key_jwt': ({ as }) => as.token_endpoint_auth_methods_supported?.includes('private_key_jwt'),
	'challenge': ({ as }) => as.challenge_endpoint,
	'c_nonce': ({ metadata }) => metadata.nonce_endpoint,
	'batch': ({ metadata }) => metadata.batch_credential_issuance?.batch_size >= 2,
	'notification': ({ metadata }) => metadata.notification_endpoint,
	'deferred': ({ metadata }) => metadata.deferred_credential_endpoint,
	'encryption': ({ metadata }) => metadata.credential_request_encryption && metadata.credential_response_encryption,
	'attestation proof': (world) => proofTypes(world).attestation,
	'key attestation level': (world) => Object.keys(world.keyAttestation(world.vouched) ?? {}).length,
	'key attestation': (world) => proofTypes(world).attestation || proofTypes(world).jwt?.key_attestations_required,
};
