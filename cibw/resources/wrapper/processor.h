/* The processor to compile for. */

#ifndef PROCESSOR_H
#define PROCESSOR_H

#include "settings.h"

/* Whether an option selects or tunes for a processor. */
bool is_processor_option(const char *option);

/* zig's name of the processor that a call selects. The settings are used if it selects none, the one of this computer,
   or the one that an interpreter was compiled for. */
const char *processor_of(const List *arguments, const Settings *settings);

/* Add the features that gcc turns on together with those that a call selects, and that zig leaves off. */
void add_implied_features(List *result, const List *arguments, const Settings *settings);

/* Warn once if a call asks for this computer's processor, because wheels are built for all processors. */
void tell_of_native(const List *arguments);

#endif
