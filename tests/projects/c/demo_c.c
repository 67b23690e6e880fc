#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <math.h>
#include <string.h>

static PyObject *hypotenuse(PyObject *self, PyObject *args)
{
    double a, b;
    (void)self;
    if (!PyArg_ParseTuple(args, "dd", &a, &b))
        return NULL;
    return PyFloat_FromDouble(sqrt(pow(a, 2.0) + exp(2.0 * log(b))));
}

static PyObject *reversed_bytes(PyObject *self, PyObject *args)
{
    const char *data;
    Py_ssize_t length;
    PyObject *result;
    (void)self;
    if (!PyArg_ParseTuple(args, "y#", &data, &length))
        return NULL;
    result = PyBytes_FromStringAndSize(NULL, length);
    if (result == NULL)
        return NULL;
    for (Py_ssize_t i = 0; i < length; i++)
        PyBytes_AS_STRING(result)[i] = data[length - 1 - i];
    return result;
}

static PyMethodDef methods[] = {
    {"hypotenuse", hypotenuse, METH_VARARGS, "The longest side of a right triangle."},
    {"reversed_bytes", reversed_bytes, METH_VARARGS, "Bytes, the last one first."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "demo_c", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_demo_c(void)
{
    return PyModule_Create(&module);
}
