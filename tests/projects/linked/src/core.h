#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

struct Refused : std::runtime_error {
    using std::runtime_error::runtime_error;
};

int number_in(const std::string &text);
int element(const std::vector<int> &numbers, std::size_t index);
std::error_code missing_file();
[[noreturn]] void refuse(const std::string &text);
