#include <Python.h>

#include <algorithm>
#include <map>
#include <stdexcept>
#include <string>

namespace {

const std::map<std::string, long> numbers{{"one", 1}, {"two", 2}, {"three", 3}};

long look_up(const std::string &name) { return numbers.at(name); }

PyObject *number(PyObject *, PyObject *argument)
{
    const char *name = PyUnicode_AsUTF8(argument);
    if (name == nullptr)
        return nullptr;
    try {
        return PyLong_FromLong(look_up(name));
    } catch (const std::out_of_range &) {
        PyErr_Format(PyExc_KeyError, "%s", name);
        return nullptr;
    }
}

PyObject *shout(PyObject *, PyObject *argument)
{
    const char *text = PyUnicode_AsUTF8(argument);
    if (text == nullptr)
        return nullptr;
    std::string loud(text);
    std::transform(loud.begin(), loud.end(), loud.begin(), [](unsigned char c) { return std::toupper(c); });
    loud += "!";
    return PyUnicode_FromStringAndSize(loud.data(), static_cast<Py_ssize_t>(loud.size()));
}

PyMethodDef methods[] = {
    {"number", number, METH_O, "The number of a name; KeyError for an unknown one."},
    {"shout", shout, METH_O, "A text in capitals."},
    {nullptr, nullptr, 0, nullptr},
};

PyModuleDef module = {PyModuleDef_HEAD_INIT, "demo_cpp", nullptr, -1, methods, nullptr, nullptr, nullptr, nullptr};

}  // namespace

PyMODINIT_FUNC PyInit_demo_cpp() { return PyModule_Create(&module); }
