#include "core.h"

#include <sstream>

int number_in(const std::string &text) {
    std::istringstream stream(text);
    int number = 0;
    stream >> number;
    return number;
}

int element(const std::vector<int> &numbers, std::size_t index) { return numbers.at(index); }

std::error_code missing_file() { return std::make_error_code(std::errc::no_such_file_or_directory); }

void refuse(const std::string &text) { throw Refused(text); }
