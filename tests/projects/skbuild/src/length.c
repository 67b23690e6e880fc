#include <Python.h>

long measure(const char *text);

static PyObject *length(PyObject *self, PyObject *argument)
{
    const char *text = PyUnicode_AsUTF8(argument);
    (void)self;
    return text ? PyLong_FromLong(measure(text)) : NULL;
}

static PyMethodDef methods[] = {{"length", length, METH_O, NULL}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_length", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__length(void)
{
    return PyModule_Create(&module);
}
