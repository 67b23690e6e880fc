#include <Python.h>

#include <sstream>

#include "core.h"

template <typename Error, typename Action>
static bool raises(Action action) {
    try {
        action();
    } catch (const Error &) {
        return true;
    }
    return false;
}

static bool works() {
    std::istringstream stream("7");
    int number = 0;
    stream >> number;
    std::vector<int> numbers{1, 2};
    return number == 7 && number_in("8") == 8 && missing_file() == std::errc::no_such_file_or_directory &&
           missing_file().category() == std::generic_category() &&
           raises<std::out_of_range>([&] { element(numbers, 3); }) && raises<std::exception>([] { refuse("x"); }) &&
           raises<Refused>([] { refuse("x"); });
}

static PyObject *check(PyObject *, PyObject *) { return PyBool_FromLong(works()); }

static PyMethodDef methods[] = {{"check", check, METH_NOARGS, nullptr}, {nullptr}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_linked", nullptr, -1, methods};
PyMODINIT_FUNC PyInit__linked(void) { return PyModule_Create(&module); }
