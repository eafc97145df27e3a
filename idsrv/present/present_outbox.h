/*
 * present_outbox: tells relying parties over their webhooks what stands in the outbox, on a thread of
 * its own. Many transfers at once, few of one party: a receiver that is slow or gone holds up nobody.
 *
 * Enter at  present_outbox_start()
 * Not here  what is told and how it is signed (present_webhook), the queue itself (registry/reg_outbox)
 * Threads   present_outbox_wake() from any
 */
#ifndef IDSRV_PRESENT_PRESENT_OUTBOX_H
#define IDSRV_PRESENT_PRESENT_OUTBOX_H

#include "app.h"
#include "base/err.h"

/* errors IDR_CONFIG (outbound_networks), IDR_DATABASE, IDR_MEMORY */
IDR_MUST bool present_outbox_start(struct app *app, struct idr_bytes ca_pem,
    struct present_outbox **out, struct idr_err *err);
void present_outbox_stop(struct present_outbox **o);
/* Something was committed that may have to be told. NULL is well. */
void present_outbox_wake(struct present_outbox *o);

#endif
