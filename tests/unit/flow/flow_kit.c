/* The flow is tested behind a real listener, with the raw sockets of the HTTP room's tests. */
#include "../http/http_kit.c"
