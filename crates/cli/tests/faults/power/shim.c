/* Writes down what a process does to the files below DISTRI_POWER_ROOT, in order, to the file DISTRI_POWER_LOG: for a test
 * that plays it again up to some instant and leaves out what was not flushed by then. Loaded with LD_PRELOAD; does nothing
 * else. Writes through a mapping are not seen: SQLite's shared memory is the only one, and is made anew at every start. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { CREATE = 1, WRITE, TRUNCATE, SYNC, RENAME, UNLINK, LINK, SYNC_DIRECTORY };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int log_file = -1;
static const char *root;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int is_below(const char *path) {
  if (!root) {
    root = getenv("DISTRI_POWER_ROOT");
    if (!root) root = "";
  }
  size_t length = strlen(root);
  return length && strncmp(path, root, length) == 0 && (path[length] == '/' || path[length] == 0);
}

/* One record in one write, so that processes do not mix theirs. */
static void note(int what, const char *path, const char *other, uint64_t offset, const void *bytes, uint64_t length) {
  if (log_file < 0) {
    const char *place = getenv("DISTRI_POWER_LOG");
    log_file = syscall(SYS_openat, AT_FDCWD, place, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log_file < 0) abort();
  }
  uint32_t path_length = strlen(path), other_length = other ? strlen(other) : 0;
  uint64_t head[4] = {what, offset, bytes ? length : 0, ((uint64_t)path_length << 32) | other_length};
  struct iovec parts[4] = {{head, sizeof head},
                           {(void *)path, path_length},
                           {(void *)(other ? other : ""), other_length},
                           {(void *)(bytes ? bytes : ""), bytes ? length : 0}};
  uint64_t all = sizeof head + path_length + other_length + (bytes ? length : 0);
  if (syscall(SYS_writev, log_file, parts, 4) != (long)all) abort();
}

/* The absolute path of an open file below the root, or none. */
static const char *path_of(int file, char *buffer) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, buffer, PATH_MAX - 1);
  if (length < 0) return NULL;
  buffer[length] = 0;
  return is_below(buffer) && !strstr(buffer, " (deleted)") ? buffer : NULL;
}

static const char *absolute(const char *path, char *buffer) {
  if (path[0] == '/') return is_below(path) ? path : NULL;
  char here[PATH_MAX / 2];
  if (!getcwd(here, sizeof here)) return NULL;
  snprintf(buffer, PATH_MAX, "%s/%s", here, path);
  return is_below(buffer) ? buffer : NULL;
}

static void wrote(int file, off_t offset, const void *bytes, ssize_t length) {
  char buffer[PATH_MAX];
  int saved = errno;
  const char *path = length > 0 ? path_of(file, buffer) : NULL;
  if (path) note(WRITE, path, NULL, offset, bytes, length);
  errno = saved;
}

#define LOCKED(type, call, after)        \
  pthread_mutex_lock(&lock);             \
  type result = (call);                  \
  int saved_errno = errno;               \
  after;                                 \
  errno = saved_errno;                   \
  pthread_mutex_unlock(&lock);           \
  return result

ssize_t write(int file, const void *bytes, size_t length) {
  LOCKED(ssize_t, REAL(write)(file, bytes, length),
         if (result > 0) wrote(file, lseek(file, 0, SEEK_CUR) - result, bytes, result));
}

ssize_t writev(int file, const struct iovec *parts, int count) {
  LOCKED(ssize_t, REAL(writev)(file, parts, count), {
    off_t at = lseek(file, 0, SEEK_CUR) - result;
    ssize_t left = result;
    for (int i = 0; i < count && left > 0; i++) {
      ssize_t here = left < (ssize_t)parts[i].iov_len ? left : (ssize_t)parts[i].iov_len;
      wrote(file, at, parts[i].iov_base, here);
      at += here;
      left -= here;
    }
  });
}

ssize_t pwrite(int file, const void *bytes, size_t length, off_t offset) {
  LOCKED(ssize_t, REAL(pwrite)(file, bytes, length, offset), wrote(file, offset, bytes, result));
}

ssize_t pwrite64(int file, const void *bytes, size_t length, off64_t offset) {
  LOCKED(ssize_t, REAL(pwrite64)(file, bytes, length, offset), wrote(file, offset, bytes, result));
}

static void truncated(int file, off_t length) {
  char buffer[PATH_MAX];
  const char *path = path_of(file, buffer);
  if (path) note(TRUNCATE, path, NULL, length, NULL, 0);
}

int ftruncate(int file, off_t length) {
  LOCKED(int, REAL(ftruncate)(file, length), if (result == 0) truncated(file, length));
}

int ftruncate64(int file, off64_t length) {
  LOCKED(int, REAL(ftruncate64)(file, length), if (result == 0) truncated(file, length));
}

static void synced(int file) {
  char buffer[PATH_MAX];
  struct stat facts;
  const char *path = path_of(file, buffer);
  if (path && fstat(file, &facts) == 0) note(S_ISDIR(facts.st_mode) ? SYNC_DIRECTORY : SYNC, path, NULL, 0, NULL, 0);
}

int fsync(int file) { LOCKED(int, REAL(fsync)(file), if (result == 0) synced(file)); }

int fdatasync(int file) { LOCKED(int, REAL(fdatasync)(file), if (result == 0) synced(file)); }

static int opened(const char *path, int flags, mode_t mode) {
  char buffer[PATH_MAX];
  const char *place = flags & (O_CREAT | O_TRUNC) ? absolute(path, buffer) : NULL;
  LOCKED(int, ({
           int is_new = place && faccessat(AT_FDCWD, place, F_OK, 0) != 0;
           int made = syscall(SYS_openat, AT_FDCWD, path, flags | O_LARGEFILE, mode);
           if (place && made >= 0 && is_new && !(flags & O_DIRECTORY)) note(CREATE, place, NULL, 0, NULL, 0);
           if (place && made >= 0 && !is_new && flags & O_TRUNC) note(TRUNCATE, place, NULL, 0, NULL, 0);
           made;
         }),
         (void)0);
}

#define MODE                                   \
  va_list rest;                                \
  va_start(rest, flags);                       \
  mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0; \
  va_end(rest)

int open(const char *path, int flags, ...) { MODE; return opened(path, flags, mode); }

int open64(const char *path, int flags, ...) { MODE; return opened(path, flags, mode); }

int openat(int at, const char *path, int flags, ...) {
  MODE;
  if (at == AT_FDCWD || path[0] == '/') return opened(path, flags, mode);
  return syscall(SYS_openat, at, path, flags, mode);
}

int openat64(int at, const char *path, int flags, ...) {
  MODE;
  if (at == AT_FDCWD || path[0] == '/') return opened(path, flags, mode);
  return syscall(SYS_openat, at, path, flags, mode);
}

static void named(int what, const char *from, const char *to) {
  char first[PATH_MAX], second[PATH_MAX];
  const char *a = absolute(from, first), *b = to ? absolute(to, second) : NULL;
  if (a && (b || !to)) note(what, a, b, 0, NULL, 0);
}

int rename(const char *from, const char *to) {
  LOCKED(int, REAL(rename)(from, to), if (result == 0) named(RENAME, from, to));
}

int unlink(const char *path) { LOCKED(int, REAL(unlink)(path), if (result == 0) named(UNLINK, path, NULL)); }

int link(const char *from, const char *to) { LOCKED(int, REAL(link)(from, to), if (result == 0) named(LINK, from, to)); }

int linkat(int a, const char *from, int b, const char *to, int flags) {
  LOCKED(int, REAL(linkat)(a, from, b, to, flags), if (result == 0) named(LINK, from, to));
}
