#include "a_library_that_is_nowhere.h"
