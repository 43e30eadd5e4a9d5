/* Memory for Values: nodes in 64 KiB slabs, freed without recursion.

   Locality decides the speed of a backward pass. A free list hands nodes out in the order in which
   they died, and after some training steps neighbours in a graph lie far apart. Here a slab is
   filled from its first free place to its last, and is filled again when three quarters of it are
   free, so nodes that are made one after the other lie one after the other.

   A class of Python's that derives from Value (`nodes_adopt`) has nodes of the same kind in the same
   slabs. What derives from that class in turn has a dict, is traced by the collector, and lies
   elsewhere. So does every node that is computed from such a one: what may be a part of a cycle is
   seen by the collector from end to end, and all that is not costs what it always did.

   Everything runs under the interpreter's lock. */

#ifndef JANGRAD_NODES_H
#define JANGRAD_NODES_H

#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#ifdef _WIN32
#include <malloc.h>
#endif

/* The same fields as the class `Value` in engine.pxd; nodes_install checks the sizes. */
typedef struct Node {
    PyObject_HEAD
    double data, grad, aux;
    struct Node *left, *right; /* None, or an input */
    struct Node *link;         /* None, or the next on the stack of a sweep */
    uint64_t stamp;
    uint32_t uses;
    uint16_t code, flags;
} Node;

enum { SLAB_BYTES = 1 << 16, SLAB_HEADER = 64, HAS_NOTE_FLAG = 2 };
enum { SLAB_NODES = (SLAB_BYTES - SLAB_HEADER) / sizeof(Node) };
/* Empty slabs beyond so many, 64 MiB, are given back to C's allocator. Where they are smaller than what
   that maps one by one it keeps them for the next graph, and on purpose nobody asks it not to: a
   training with graphs of four million nodes would take a fifth longer (`malloc_trim`). */
enum { KEPT_EMPTY = 1024 };

typedef struct Slab {
    struct Slab *next; /* in the queue of slabs to fill */
    uint32_t live;     /* nodes in use */
    uint32_t cursor;   /* places before it have been looked at in this filling */
    int queued;
} Slab;

static struct {
    Slab *current, *first, *last; /* the slab being filled, and the queue behind it */
    size_t slabs, empty;
    Node *dead; /* nodes whose inputs are still to be let go */
    int freeing;
    PyTypeObject *type;
    PyTypeObject *light, *traced; /* the adopted class, and the one of its nodes that are traced */
    PyObject *notes;     /* id -> note, for nodes with HAS_NOTE_FLAG */
    PyObject *attribute; /* gives what stands in the class for an attribute of this name */
} nodes;

static inline Slab *slab_of(void *node) {
    return (Slab *)((uintptr_t)node & ~(uintptr_t)(SLAB_BYTES - 1));
}

static inline Node *slab_node(Slab *slab, uint32_t i) {
    return (Node *)((char *)slab + SLAB_HEADER) + i;
}

static Slab *slab_new(void) {
#ifdef _WIN32
    Slab *slab = (Slab *)_aligned_malloc(SLAB_BYTES, SLAB_BYTES);
#else
    void *place = NULL;
    Slab *slab = posix_memalign(&place, SLAB_BYTES, SLAB_BYTES) ? NULL : (Slab *)place;
#endif
    if (slab == NULL) return NULL;
    slab->next = NULL;
    slab->live = slab->cursor = 0;
    slab->queued = 0;
    /* A place is free when its node has no type. */
    for (uint32_t i = 0; i < SLAB_NODES; i++) Py_SET_TYPE((PyObject *)slab_node(slab, i), NULL);
    nodes.slabs++;
    return slab;
}

static void slab_delete(Slab *slab) {
    nodes.slabs--;
#ifdef _WIN32
    _aligned_free(slab);
#else
    free(slab);
#endif
}

/* Queue a slab to be filled again once three quarters of it are free. */
static void slab_offer(Slab *slab) {
    if (!slab->queued && slab->live <= SLAB_NODES / 4) {
        slab->queued = 1;
        slab->next = NULL;
        if (nodes.last != NULL) nodes.last->next = slab;
        else nodes.first = slab;
        nodes.last = slab;
    }
    if (slab->live == 0) nodes.empty++;
}

/* The next slab to fill: the one waiting longest, else a new one. */
static int slab_turn(void) {
    Slab *slab, *full = nodes.current;
    nodes.current = NULL;
    if (full != NULL) slab_offer(full);
    slab = nodes.first;
    if (slab != NULL) {
        nodes.first = slab->next;
        if (nodes.first == NULL) nodes.last = NULL;
        slab->queued = 0;
        slab->cursor = 0;
        if (slab->live == 0) nodes.empty--;
    } else if ((slab = slab_new()) == NULL) {
        return 0; /* the caller raises MemoryError */
    }
    nodes.current = slab;
    return 1;
}

static Node *node_place(void) {
    for (;;) {
        Slab *slab = nodes.current;
        if (slab != NULL) {
            while (slab->cursor < SLAB_NODES) {
                Node *node = slab_node(slab, slab->cursor++);
                if (Py_TYPE((PyObject *)node) == NULL) {
                    slab->live++;
                    return node;
                }
            }
        }
        if (!slab_turn()) return NULL;
    }
}

static void node_release(Node *node) {
    Slab *slab = slab_of(node);
    Py_SET_TYPE((PyObject *)node, NULL);
    slab->live--;
    if (slab != nodes.current) slab_offer(slab);
}

/* Give empty slabs at the head of the queue back, while there are too many. */
static void nodes_trim(void) {
    while (nodes.empty > KEPT_EMPTY && nodes.first != NULL && nodes.first->live == 0) {
        Slab *slab = nodes.first;
        nodes.first = slab->next;
        if (nodes.first == NULL) nodes.last = NULL;
        nodes.empty--;
        slab_delete(slab);
    }
}

/* A node's head, as PyObject_Init makes it, but without a reference to the class: those whose nodes
   lie in slabs live as long as the process. */
static inline void node_begin(Node *node, PyTypeObject *type) {
#if PY_VERSION_HEX < 0x030E0000 && !defined(Py_DEBUG) && !defined(Py_TRACE_REFS)
    Py_SET_TYPE((PyObject *)node, type);
    Py_SET_REFCNT((PyObject *)node, 1);
#else
    (void)PyObject_Init((PyObject *)node, type);
    if (type == nodes.light) Py_DECREF((PyObject *)type);
#endif
}

static PyObject *node_alloc(PyTypeObject *type, Py_ssize_t count) {
    Node *node = node_place();
    (void)count;
    if (node == NULL) return PyErr_NoMemory();
    memset((char *)node + sizeof(PyObject), 0, sizeof(Node) - sizeof(PyObject));
    node_begin(node, type);
    return (PyObject *)node;
}

/* The class of a node that is computed from a and b. */
static inline PyTypeObject *node_kind(PyObject *left, PyObject *right) {
    PyTypeObject *a = Py_TYPE(left), *b = right == Py_None ? a : Py_TYPE(right);
    if (a == b && (a == nodes.type || a == nodes.light)) return a;
    if ((a == nodes.type || a == nodes.light) && (b == nodes.type || b == nodes.light))
        return nodes.light;
    if (left == Py_None) return nodes.type; /* a leaf, from a file */
    return nodes.traced; /* all that Python derives from it is traced */
}

/* A node with everything in it; steals nothing. Inputs are Values or None. */
static inline PyObject *node_make(int code, double data, PyObject *left, PyObject *right,
                                  double aux, uint64_t stamp) {
    PyTypeObject *type = node_kind(left, right);
    Node *node;
    if (type != nodes.traced) {
        node = node_place();
        if (node == NULL) return PyErr_NoMemory();
        node_begin(node, type);
    } else if ((node = (Node *)type->tp_alloc(type, 0)) == NULL) {
        return NULL;
    }
    node->data = data;
    node->grad = 0.0;
    node->aux = aux;
    Py_INCREF(left);
    node->left = (Node *)left;
    Py_INCREF(right);
    node->right = (Node *)right;
    Py_INCREF(Py_None);
    node->link = (Node *)Py_None;
    node->stamp = stamp;
    node->uses = 0;
    node->code = (uint16_t)code;
    node->flags = 0;
    return (PyObject *)node;
}

/* A graph dies from its root; each node that goes lets its inputs go. A list in the place of the
   recursion that this would be: the nodes themselves are linked. */
static void node_dealloc(PyObject *object) {
    Node *node = (Node *)object;
    Py_XDECREF((PyObject *)node->link);
    node->link = nodes.dead;
    nodes.dead = node;
    if (nodes.freeing) return;
    nodes.freeing = 1;
    while (nodes.dead != NULL) {
        Node *dead = nodes.dead;
        PyObject *left = (PyObject *)dead->left, *right = (PyObject *)dead->right;
        nodes.dead = dead->link;
        if (dead->flags & HAS_NOTE_FLAG && nodes.notes != NULL) {
            PyObject *type, *value, *trace, *key;
            PyErr_Fetch(&type, &value, &trace);
            key = PyLong_FromVoidPtr(dead);
            if (key == NULL || PyDict_DelItem(nodes.notes, key) < 0) PyErr_Clear();
            Py_XDECREF(key);
            PyErr_Restore(type, value, trace);
        }
        PyTypeObject *type = Py_TYPE((PyObject *)dead);
        if (type == nodes.type || type == nodes.light) {
            node_release(dead);
        } else {
            type->tp_free((PyObject *)dead);
            Py_DECREF((PyObject *)type);
        }
        Py_XDECREF(left);
        Py_XDECREF(right);
    }
    nodes.freeing = 0;
    nodes_trim();
}

/* What the collector is told of a traced node, beside its dict; its class calls these. */
static int node_traverse(PyObject *object, visitproc visit, void *arg) {
    Py_VISIT((PyObject *)((Node *)object)->left);
    Py_VISIT((PyObject *)((Node *)object)->right);
    return 0;
}

static int node_clear(PyObject *object) {
    Node *node = (Node *)object, *left = node->left, *right = node->right;
    Py_INCREF(Py_None);
    node->left = (Node *)Py_None;
    Py_INCREF(Py_None);
    node->right = (Node *)Py_None;
    Py_XDECREF((PyObject *)left);
    Py_XDECREF((PyObject *)right);
    return 0;
}

/* An attribute that the class does not know: from now on it does, and the Value's note keeps it. */
static int node_setattro(PyObject *self, PyObject *name, PyObject *value) {
    PyObject *made, *type, *error, *trace;
    int failed;
    if (PyObject_GenericSetAttr(self, name, value) == 0) return 0;
    if (value == NULL || !PyErr_ExceptionMatches(PyExc_AttributeError)) return -1;
    PyErr_Fetch(&type, &error, &trace);
    if (PyObject_HasAttr((PyObject *)Py_TYPE(self), name)) { /* it refuses this one on purpose */
        PyErr_Restore(type, error, trace);
        return -1;
    }
    Py_XDECREF(type);
    Py_XDECREF(error);
    Py_XDECREF(trace);
    made = PyObject_CallOneArg(nodes.attribute, name);
    if (made == NULL) return -1;
    failed = PyDict_SetItem(nodes.type->tp_dict, name, made) < 0;
    Py_DECREF(made);
    PyType_Modified(nodes.type);
    return failed ? -1 : PyObject_GenericSetAttr(self, name, value);
}

static newfunc value_new;

/* More than a number, and a Value of the adopted class is a traced one. */
static PyObject *node_new(PyTypeObject *type, PyObject *args, PyObject *names) {
    if (type == nodes.light && (PyTuple_GET_SIZE(args) != 1 || (names && PyDict_GET_SIZE(names))))
        type = nodes.traced;
    return value_new(type, args, names);
}

/* Whether + and * of this object are those of the engine. */
static inline int node_adds(PyObject *object) {
    PyTypeObject *kind = Py_TYPE(object);
    PyNumberMethods *theirs, *ours;
    if (kind == nodes.type) return 1;
    if (kind != nodes.light && kind != nodes.traced) return 0;
    theirs = kind->tp_as_number;
    ours = nodes.type->tp_as_number;
    return theirs->nb_add == ours->nb_add && theirs->nb_multiply == ours->nb_multiply;
}

/* Put this memory under the class, and what Cython's classes cannot have into it.
   1; 0 when the class has other fields than Node; -1 with an exception set. */
static int nodes_install(PyObject *type, PyObject *notes, PyObject *attribute,
                         PyObject *init_subclass) {
    PyTypeObject *value = (PyTypeObject *)type;
    if (value->tp_basicsize != (Py_ssize_t)sizeof(Node) || PyType_IS_GC(value)) return 0;
    value->tp_alloc = node_alloc;
    value->tp_dealloc = node_dealloc;
    value->tp_setattro = node_setattro;
    value_new = value->tp_new;
    value->tp_new = node_new;
    nodes.type = value;
    Py_INCREF(notes);
    nodes.notes = notes;
    Py_INCREF(attribute);
    nodes.attribute = attribute;
    if (PyDict_SetItemString(value->tp_dict, "__init_subclass__", init_subclass) < 0) return -1;
    PyType_Modified(value);
    return 1;
}

/* The engine's operators themselves, where Python would look them up by name at each call; a class
   into which another operator is put gets that one by Python's own doing. */
static void node_slots(PyTypeObject *type) {
    *type->tp_as_number = *nodes.type->tp_as_number;
    type->tp_richcompare = nodes.type->tp_richcompare;
    type->tp_hash = nodes.type->tp_hash;
}

static void node_free(void *node) { node_release((Node *)node); }

/* Let a class of Python's be one whose nodes are light. 1; 0 when it has fields of its own. */
static int nodes_adopt(PyObject *type) {
    PyTypeObject *light = (PyTypeObject *)type;
    if (light->tp_basicsize != (Py_ssize_t)sizeof(Node)) return 0;
    light->tp_flags &= ~Py_TPFLAGS_HAVE_GC; /* Python gives it to all of its classes */
    light->tp_alloc = node_alloc;
    light->tp_dealloc = node_dealloc;
    light->tp_setattro = node_setattro;
    light->tp_free = node_free; /* so that no object can change into one that lies elsewhere */
    light->tp_traverse = node_traverse; /* for those that derive from it, see above */
    light->tp_clear = node_clear;
    light->tp_init = nodes.type->tp_init; /* one number; the class's own takes the rest */
    node_slots(light);
    PyType_Modified(light);
    Py_INCREF(type);
    nodes.light = light;
    return 1;
}

/* Say which of its subclasses has the nodes that are traced. 1; 0 when the collector skips them. */
static int nodes_trace(PyObject *type) {
    PyTypeObject *traced = (PyTypeObject *)type;
    if (nodes.light == NULL || !PyType_IS_GC(traced) || !PyType_IsSubtype(traced, nodes.light))
        return 0;
    node_slots(traced);
    Py_INCREF(type);
    nodes.traced = traced;
    return 1;
}

#endif
