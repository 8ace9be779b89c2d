#include "index/vector_index.h"
