/* signer_scene: a kit and what the signer child makes of schema/. Tests run from the top of the tree. */
#ifndef IDR_TESTS_SIGNER_SCENE_H
#define IDR_TESTS_SIGNER_SCENE_H

#include "signer/signer_proc.h"
#include "testkit.h"

#define BASE "https://id.example"

struct scene {
	struct kit k;
	struct conf conf;
	struct signer_policy p;
};

int open_scene(void **state);
int close_scene(void **state);

#endif
