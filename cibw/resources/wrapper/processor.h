/* The processor to compile for. */

#ifndef PROCESSOR_H
#define PROCESSOR_H

#include "settings.h"

/* Whether an option chooses or tunes for a processor. */
bool is_processor_option(const char *option);

/* zig's name of the processor that a call asks for; that of the settings where it asks for none, for the one of this
   computer, or for what an interpreter was compiled for. */
const char *processor_of(const List *arguments, const Settings *settings);

/* Say once that a wheel is not for the processor of this computer alone, where a call asks for that. */
void tell_of_native(const List *arguments);

#endif
