/*
 * agency: what officers and administrators do that is not issuing or revoking.
 *
 * Standard  our API (schema/api/openapi.yaml); security brief 3.8
 * Enter at  the step tables named in routes.h
 */
#ifndef IDSRV_AGENCY_AGENCY_H
#define IDSRV_AGENCY_AGENCY_H

#include "flow/flow_reply.h"

#endif
