#define PY_SSIZE_T_CLEAN
#include <Python.h>

static PyObject *
greet(PyObject *module, PyObject *name)
{
    (void)module;
    if (!PyUnicode_Check(name)) {
        PyErr_SetString(PyExc_TypeError, "a name is a str");
        return NULL;
    }
    return PyUnicode_FromFormat("Hello, %U!", name);
}

static PyObject *
add(PyObject *module, PyObject *args)
{
    double first, second;
    (void)module;
    if (!PyArg_ParseTuple(args, "dd", &first, &second)) {
        return NULL;
    }
    return PyFloat_FromDouble(first + second);
}

static PyMethodDef methods[] = {
    {"greet", greet, METH_O, "Greet somebody by name."},
    {"add", add, METH_VARARGS, "Add two numbers."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "hello._hello",
    .m_doc = "A greeting, made in C.",
    .m_size = 0,
    .m_methods = methods,
};

PyMODINIT_FUNC
PyInit__hello(void)
{
    return PyModuleDef_Init(&definition);
}
