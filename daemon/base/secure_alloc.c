/* SPDX-License-Identifier: MIT */
/* Small blocks come in classes of sizes, four to each power of two, and are kept for the next of
 * their class. The larger ones of them are mappings of their own, of which not all are kept; still
 * larger ones always are, and none is. */
#include "daemon/base/secure_alloc.h"

#include <pthread.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daemon/base/mem.h"

#define SIZE_MIN_SHIFT 5U  /* 32 bytes, the head included */
#define SIZE_MAX_SHIFT 17U /* 128 KiB; above it, mappings */
#define CLASS_STEPS 4U     /* classes to a power of two */
#define CLASS_COUNT ((SIZE_MAX_SHIFT - SIZE_MIN_SHIFT) * CLASS_STEPS + 1U)
#define CHUNK_SIZE ((size_t)512 * 1024)

/* From there on (above 8 KiB) the main thread keeps idle blocks of so much memory at most of each
 * class, and others none: after a peak, and TLS has one when many connections begin, the system
 * gets the rest back. */
#define MAPPED_CLASS_MIN ((13U - SIZE_MIN_SHIFT) * CLASS_STEPS + 1U)
#define MAPPED_KEPT_MAX ((size_t)1024 * 1024)

/* Stands before each block. */
typedef struct BlockHead {
    alignas(16) size_t size; /* asked for */
    size_t mapped : 63;      /* of a mapping; else the block's class */
    size_t is_main : 1;      /* a block of pool_main */
} BlockHead;

typedef struct FreeBlock {
    struct FreeBlock *next;
} FreeBlock;

typedef struct Pool {
    FreeBlock *idle[CLASS_COUNT];
    size_t kept[CLASS_COUNT]; /* bytes of those from MAPPED_CLASS_MIN on */
    char *chunk;
    size_t chunk_left;
} Pool;

/* A request takes and frees some 40 blocks, nearly all of them in the thread of the event loop,
 * which is the main one: the idle blocks of its pool are its own, without a lock. libcurl resolves
 * names in threads, and files are read in some; all that they touch is under the lock, and so is
 * the taking of chunks. */
static pthread_mutex_t pool_lock = PTHREAD_MUTEX_INITIALIZER;
static Pool pool_main, pool_others;
static FreeBlock *pool_returned[CLASS_COUNT]; /* of pool_main, freed by other threads */
static char *pool_reserve;                    /* mapped, and not touched before it is needed */
static _Thread_local bool pool_is_in_main;

__attribute__((constructor)) static void pool_know_main(void)
{
    pool_is_in_main = true;
}

#if defined(__SANITIZE_ADDRESS__)
#define POOL_IS_WATCHED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POOL_IS_WATCHED 1
#endif
#endif

#ifdef POOL_IS_WATCHED
/* The sanitizer watches only what comes from the heap. Not from malloc(3): the test that lets each
 * of our allocations fail is to fail those of the libraries that are served here no more than
 * mmap(2) does. */
static void *secure_alloc_map(size_t size)
{
    void *memory = aligned_alloc(alignof(max_align_t), size);

    return memory ? memset(memory, 0, size) : NULL;
}

static void secure_alloc_unmap(BlockHead *head, size_t size)
{
    explicit_bzero(head, size);
    free(head);
}

static bool secure_alloc_is_large(size_t need)
{
    (void)need;
    return true;
}
#else
static void *secure_alloc_map(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        return NULL;
    if (madvise(memory, size, MADV_DONTDUMP) < 0) {
        munmap(memory, size);
        return NULL;
    }
    return memory;
}

/* The kernel hands the pages out wiped. */
static void secure_alloc_unmap(BlockHead *head, size_t size)
{
    munmap(head, size);
}

static bool secure_alloc_is_large(size_t need)
{
    return need > (size_t)1 << SIZE_MAX_SHIFT;
}
#endif

/* Of 16 bytes at least, from one power of two to the next. */
static size_t secure_alloc_class_size(unsigned int number)
{
    size_t power = (size_t)1 << (SIZE_MIN_SHIFT + number / CLASS_STEPS);
    size_t size = power + power / CLASS_STEPS * (number % CLASS_STEPS);

    return size + (alignof(BlockHead) - 1) - (size - 1) % alignof(BlockHead);
}

static unsigned int secure_alloc_class(size_t need)
{
    unsigned int shift; /* of the power of two below it */

    if (need <= (size_t)1 << SIZE_MIN_SHIFT)
        return 0;
    shift = 63 - (unsigned int)__builtin_clzll(need - 1);
    return (shift - SIZE_MIN_SHIFT) * CLASS_STEPS + 1 +
           (unsigned int)((need - 1 - ((size_t)1 << shift)) >> (shift - 2));
}

static size_t secure_alloc_pages(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    return size + page - 1 - (size - 1) % page;
}

static BlockHead *secure_alloc_take_large(size_t need)
{
    size_t mapped = secure_alloc_pages(need);
    BlockHead *head = secure_alloc_map(mapped);

    if (head)
        head->mapped = mapped;
    return head;
}

/* From the reserve where the system has no more. */
static bool secure_alloc_take_chunk(Pool *pool)
{
    char *chunk = secure_alloc_map(CHUNK_SIZE);

    if (!chunk)
        chunk = TAKE_PTR(pool_reserve);
    else if (!pool_reserve)
        pool_reserve = secure_alloc_map(CHUNK_SIZE);
    if (!chunk)
        return false;
    pool->chunk = chunk;
    pool->chunk_left = CHUNK_SIZE;
    return true;
}

static BlockHead *secure_alloc_take_idle(Pool *pool, unsigned int number)
{
    FreeBlock *idle = pool->idle[number];

    if (!idle)
        return NULL;
    pool->idle[number] = idle->next;
    if (number >= MAPPED_CLASS_MIN)
        pool->kept[number] -= secure_alloc_class_size(number);
    return (BlockHead *)idle;
}

/* The allocator gives up the rest of a chunk for the next one: its pages were never touched. */
static BlockHead *secure_alloc_carve(Pool *pool, unsigned int number)
{
    size_t size = secure_alloc_class_size(number);

    if (number >= MAPPED_CLASS_MIN)
        return secure_alloc_map(secure_alloc_pages(size));
    if (pool->chunk_left < size && !secure_alloc_take_chunk(pool))
        return NULL;
    pool->chunk_left -= size;
    return (BlockHead *)(pool->chunk + pool->chunk_left);
}

/* Where the main thread has no idle block. */
static BlockHead *secure_alloc_take_locked(Pool *pool, unsigned int number)
{
    BlockHead *head;

    pthread_mutex_lock(&pool_lock);
    if (pool == &pool_main)
        pool->idle[number] = TAKE_PTR(pool_returned[number]);
    head = secure_alloc_take_idle(pool, number);
    if (!head)
        head = secure_alloc_carve(pool, number);
    pthread_mutex_unlock(&pool_lock);
    return head;
}

static BlockHead *secure_alloc_take_small(unsigned int number)
{
    BlockHead *head = pool_is_in_main ? secure_alloc_take_idle(&pool_main, number) : NULL;

    if (!head)
        head = secure_alloc_take_locked(pool_is_in_main ? &pool_main : &pool_others, number);
    if (head) {
        head->mapped = number;
        head->is_main = pool_is_in_main;
    }
    return head;
}

void *secure_alloc_alloc(size_t size)
{
    BlockHead *head;
    size_t need;

    if (size > SIZE_MAX / 2)
        return NULL;
    need = size + sizeof(*head);
    head = secure_alloc_is_large(need) ? secure_alloc_take_large(need)
                                       : secure_alloc_take_small(secure_alloc_class(need));
    if (!head)
        return NULL;
    head->size = size;
    return head + 1;
}

void *secure_alloc_calloc(size_t count, size_t size)
{
    size_t whole;
    void *memory;

    if (__builtin_mul_overflow(count, size, &whole))
        return NULL;
    memory = secure_alloc_alloc(whole);
    if (memory)
        memset(memory, 0, whole);
    return memory;
}

static size_t secure_alloc_room(const BlockHead *head)
{
    size_t whole = head->mapped >= CLASS_COUNT
                       ? (size_t)head->mapped
                       : secure_alloc_class_size((unsigned int)head->mapped);

    return whole - sizeof(*head);
}

void *secure_alloc_realloc(void *memory, size_t size)
{
    BlockHead *head;
    void *grown;

    if (!memory)
        return secure_alloc_alloc(size);
    head = (BlockHead *)memory - 1;
    if (size <= secure_alloc_room(head)) {
        if (size < head->size)
            explicit_bzero((char *)memory + size, head->size - size);
        head->size = size;
        return memory;
    }
    grown = secure_alloc_alloc(size);
    if (!grown)
        return NULL;
    memcpy(grown, memory, head->size);
    secure_alloc_free(memory);
    return grown;
}

char *secure_alloc_copy(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = secure_alloc_alloc(size);

    return copy ? memcpy(copy, text, size) : NULL;
}

static void secure_alloc_put(FreeBlock **list, FreeBlock *idle)
{
    idle->next = *list;
    *list = idle;
}

static void secure_alloc_put_locked(FreeBlock **list, FreeBlock *idle)
{
    pthread_mutex_lock(&pool_lock);
    secure_alloc_put(list, idle);
    pthread_mutex_unlock(&pool_lock);
}

/* False: it goes back to the system. */
static bool secure_alloc_keeps(const BlockHead *head, unsigned int number)
{
    size_t size;

    if (number < MAPPED_CLASS_MIN)
        return true;
    size = secure_alloc_class_size(number);
    if (!head->is_main || !pool_is_in_main || pool_main.kept[number] + size > MAPPED_KEPT_MAX)
        return false;
    pool_main.kept[number] += size;
    return true;
}

void secure_alloc_free(void *memory)
{
    BlockHead *head;
    bool is_main;
    size_t number;

    if (!memory)
        return;
    head = (BlockHead *)memory - 1;
    number = head->mapped;
    if (number >= CLASS_COUNT) {
        secure_alloc_unmap(head, number);
        return;
    }
    if (!secure_alloc_keeps(head, (unsigned int)number)) {
        secure_alloc_unmap(head, secure_alloc_pages(secure_alloc_class_size((unsigned int)number)));
        return;
    }
    is_main = head->is_main;
    explicit_bzero(head, sizeof(*head) + head->size);
    if (!is_main)
        secure_alloc_put_locked(&pool_others.idle[number], (FreeBlock *)head);
    else if (pool_is_in_main)
        secure_alloc_put(&pool_main.idle[number], (FreeBlock *)head);
    else
        secure_alloc_put_locked(&pool_returned[number], (FreeBlock *)head);
}
