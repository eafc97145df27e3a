/*
 * ctl_ca: the two halves of `ca`: making (ctl_ca.c) and showing (ctl_ca_show.c).
 */
#ifndef CLIENTS_IDCTL_CTL_CA_H
#define CLIENTS_IDCTL_CTL_CA_H

#include "idctl/ctl.h"

enum cli_exit ctl_ca_show(struct cli *c);

#endif
