# cython: language_level=3
"""The types with which `compare.py` is compiled."""

cimport cython
from libc.stdint cimport uint64_t

# The first place from `at` on that does not hold the very objects that it held.
cdef extern from *:
    """
    static Py_ssize_t jg_next_list(PyObject *lists, Py_ssize_t at) {
        for (; at < PyList_GET_SIZE(lists); at += 2) {
            PyObject *items = PyList_GET_ITEM(lists, at), *kept = PyList_GET_ITEM(lists, at + 1);
            Py_ssize_t n = PyTuple_GET_SIZE(kept);
            if (PyList_GET_SIZE(items) != n || (n && memcmp(((PyListObject *)items)->ob_item,
                    ((PyTupleObject *)kept)->ob_item, n * sizeof(PyObject *)))) break;
        }
        return at;
    }
    /* CPython 3.11 and 3.12 give a dict a new version at each change; later ones do not. */
    #if PY_VERSION_HEX < 0x030D0000
    #define JG_VERSION(one) (((PyDictObject *)(one))->ma_version_tag)
    #else
    #define JG_VERSION(one) 0
    #endif
    static int jg_is_tagged(PyObject *one, PyObject *tags, Py_ssize_t k) {
        uint64_t version = JG_VERSION(one), kept;
        memcpy(&kept, PyByteArray_AS_STRING(tags) + 8 * k, 8);
        return version && version == kept;
    }
    static void jg_tag(PyObject *one, PyObject *tags, Py_ssize_t k) {
        uint64_t version = JG_VERSION(one);
        memcpy(PyByteArray_AS_STRING(tags) + 8 * k, &version, 8);
    }
    static Py_ssize_t jg_next_size(
            PyObject *sizes, Py_ssize_t at, PyObject *tags, Py_ssize_t first) {
        for (; at < PyList_GET_SIZE(sizes); at += 2) {
            PyObject *one = PyList_GET_ITEM(sizes, at);
            if (jg_is_tagged(one, tags, first + at / 2)) continue;
            if (PyDict_GET_SIZE(one) != PyLong_AsSsize_t(PyList_GET_ITEM(sizes, at + 1))) break;
            jg_tag(one, tags, first + at / 2);
        }
        return at;
    }
    static Py_ssize_t jg_next_entry(
            PyObject *entries, Py_ssize_t at, PyObject *tags, Py_ssize_t first, PyObject *absent) {
        for (; at < PyList_GET_SIZE(entries); at += 3) {
            PyObject *one = PyList_GET_ITEM(entries, at), *now;
            if (jg_is_tagged(one, tags, first + at / 3)) continue;
            now = PyDict_GetItemWithError(one, PyList_GET_ITEM(entries, at + 1));
            if (now == NULL) { PyErr_Clear(); now = absent; }
            if (now != PyList_GET_ITEM(entries, at + 2)) break;
            jg_tag(one, tags, first + at / 3);
        }
        return at;
    }
    static Py_ssize_t jg_next_dict(
            PyObject *dicts, Py_ssize_t at, PyObject *tags, Py_ssize_t first, PyObject *unread) {
        for (; at < PyList_GET_SIZE(dicts); at += 3) {
            PyObject *one = PyList_GET_ITEM(dicts, at), *keys = PyList_GET_ITEM(dicts, at + 1);
            PyObject *kept = PyList_GET_ITEM(dicts, at + 2), *key, *value, *old;
            Py_ssize_t where = 0, k = 0;
            if (jg_is_tagged(one, tags, first + at / 3)) continue;
            if (PyDict_GET_SIZE(one) != PyTuple_GET_SIZE(keys)) return at;
            while (PyDict_Next(one, &where, &key, &value)) {
                old = PyTuple_GET_ITEM(kept, k);
                if (key != PyTuple_GET_ITEM(keys, k) || (value != old && old != unread)) return at;
                k++;
            }
            jg_tag(one, tags, first + at / 3);
        }
        return at;
    }
    /* Cells, and the code and names of functions, lie open; all else is asked for. */
    static Py_ssize_t jg_next_attribute(PyObject *attributes, Py_ssize_t at) {
        for (; at < PyList_GET_SIZE(attributes); at += 3) {
            PyObject *one = PyList_GET_ITEM(attributes, at), *now = NULL;
            PyObject *name = PyList_GET_ITEM(attributes, at + 1);
            if (PyCell_Check(one)) now = PyCell_GET(one);
            else if (!PyFunction_Check(one)) break;
            else if (!PyUnicode_CompareWithASCIIString(name, "__code__"))
                now = PyFunction_GET_CODE(one);
            else if (!PyUnicode_CompareWithASCIIString(name, "__qualname__"))
                now = ((PyFunctionObject *)one)->func_qualname;
            if (now == NULL || now != PyList_GET_ITEM(attributes, at + 2)) break;
        }
        return at;
    }
    static int jg_has_dict(PyObject *owner, PyObject *found) {
    #if PY_VERSION_HEX < 0x030D0000
        PyObject **place = _PyObject_GetDictPtr(owner);
        return place != NULL && *place == found;
    #else
        PyObject *now = PyObject_GenericGetDict(owner, NULL);
        if (now == NULL) PyErr_Clear();
        Py_XDECREF(now);
        return now == found;
    #endif
    }
    static int jg_holds(PyObject *array, PyObject *kept) {
        Py_buffer view;
        int found;
        if (PyObject_GetBuffer(array, &view, PyBUF_SIMPLE)) { /* it does not lie in one piece */
            PyObject *bytes;
            PyErr_Clear();
            bytes = PyObject_CallMethod(array, "tobytes", NULL);
            if (bytes == NULL) return -1;
            found = PyObject_RichCompareBool(bytes, kept, Py_EQ);
            Py_DECREF(bytes);
            return found;
        }
        found = view.len == PyBytes_GET_SIZE(kept)
            && !memcmp(view.buf, PyBytes_AS_STRING(kept), view.len);
        PyBuffer_Release(&view);
        return found;
    }
    """
    Py_ssize_t _next_list "jg_next_list"(list lists, Py_ssize_t at)
    # The same of sizes, of entries, of attributes and of whole dicts.
    Py_ssize_t _next_size "jg_next_size"(
        list sizes, Py_ssize_t at, bytearray tags, Py_ssize_t first)
    Py_ssize_t _next_entry "jg_next_entry"(
        list entries, Py_ssize_t at, bytearray tags, Py_ssize_t first, absent)
    Py_ssize_t _next_attribute "jg_next_attribute"(list attributes, Py_ssize_t at)
    Py_ssize_t _next_dict "jg_next_dict"(
        list dicts, Py_ssize_t at, bytearray tags, Py_ssize_t first, unread)
    bint _has_dict "jg_has_dict"(owner, found)
    # Whether an array has these bytes.
    int _holds "jg_holds"(array, bytes kept) except -1

cpdef bint are_of(objects, kinds) except -1
cpdef bint has_dict(owner, found)

@cython.locals(
    one=dict, items=list, keys=tuple, kept=tuple, i=Py_ssize_t, k=Py_ssize_t, n=Py_ssize_t,
    first=Py_ssize_t)
cpdef bint unchanged(
    list sizes, list entries, list dicts, list owners, list lists, list attributes, list arrays, list others,
    bytearray tags, same, absent, unread) except -1
@cython.locals(x=double, y=double)
cdef bint alike(a, b, same) except -1
