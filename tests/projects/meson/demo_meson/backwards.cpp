#include <Python.h>

#include <string>

static PyObject *backwards(PyObject *, PyObject *argument)
{
    const char *text = PyUnicode_AsUTF8(argument);
    if (text == nullptr)
        return nullptr;
    const std::string forwards(text);
    return PyUnicode_FromString(std::string(forwards.rbegin(), forwards.rend()).c_str());
}

static PyMethodDef methods[] = {{"backwards", backwards, METH_O, nullptr}, {nullptr, nullptr, 0, nullptr}};
static PyModuleDef module = {PyModuleDef_HEAD_INIT, "_backwards", nullptr, -1, methods, nullptr, nullptr, nullptr, nullptr};

PyMODINIT_FUNC PyInit__backwards() { return PyModule_Create(&module); }
