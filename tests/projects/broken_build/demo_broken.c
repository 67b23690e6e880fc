#include "a_header_that_is_nowhere.h"
