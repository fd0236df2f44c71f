"""What an isolated command may try. Prints a JSON object: attempt -> what came of it ("open" is a way out)."""
import base64, ctypes, errno, json, os, signal, socket, stat, struct, sys, termios, urllib.parse

target = json.loads(sys.argv[1])
libc = ctypes.CDLL(None, use_errno=True)
outcomes = {}


def attempt(name, act):
    try:
        result = act()
        outcomes[name] = "open" if result is None else str(result)
    except socket.gaierror:
        outcomes[name] = "unresolved"
    except OSError as error:
        outcomes[name] = errno.errorcode.get(error.errno, str(error))


def checked(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), "")


def call(number, *arguments):
    checked(libc.syscall(ctypes.c_long(number), *arguments))


def connect(family, kind, address):
    with socket.socket(family, kind) as it:
        it.settimeout(5)
        it.connect(address)
        it.send(b"a secret")


def read(path):
    with open(path, "rb") as file:
        file.read(1)


# The machine's own services, and the world.
attempt("tcp to a service on loopback", lambda: connect(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", target["tcp"])))
attempt("tcp over ipv6 to a service on loopback", lambda: connect(socket.AF_INET6, socket.SOCK_STREAM, ("::1", target["tcp6"])))
attempt("tcp to the world", lambda: connect(socket.AF_INET, socket.SOCK_STREAM, ("192.0.2.1", 443)))
attempt("tcp over ipv6 to the world", lambda: connect(socket.AF_INET6, socket.SOCK_STREAM, ("2001:db8::1", 443)))
attempt("udp to the world", lambda: connect(socket.AF_INET, socket.SOCK_DGRAM, ("192.0.2.1", 443)))
attempt("udp over ipv6 to the world", lambda: connect(socket.AF_INET6, socket.SOCK_DGRAM, ("2001:db8::1", 53)))
attempt("broadcast", lambda: connect(socket.AF_INET, socket.SOCK_DGRAM, ("255.255.255.255", 9)))
attempt("resolving a name", lambda: socket.getaddrinfo("example.com", 443) and None)

def through_broker(host, port):
    """Only `200` is a way out; the broker has its own reasons for all else."""
    proxy = urllib.parse.urlsplit(os.environ["HTTPS_PROXY"])
    credential = base64.b64encode(f"{proxy.username}:{proxy.password}".encode()).decode()
    with socket.create_connection((proxy.hostname, proxy.port), 5) as it:
        it.sendall(f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\nProxy-Authorization: Basic {credential}\r\n\r\n".encode())
        answer = it.recv(4096).split()[1].decode()
    return None if answer == "200" else "answer " + answer


for host in ("127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "169.254.169.254"):
    attempt(f"the machine's {host} through the broker", lambda: through_broker(host, target["tcp"]))

# Other kinds of sockets.
attempt("unix socket by path", lambda: connect(socket.AF_UNIX, socket.SOCK_STREAM, target["unix"]))
attempt("abstract unix socket", lambda: connect(socket.AF_UNIX, socket.SOCK_STREAM, "\0" + target["abstract"]))


def pair_to_path():
    one, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    one.sendto(b"a secret", target["unix_datagram"])


def raw_pair_to_path():
    one, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_RAW)
    one.sendto(b"a secret", target["unix_datagram"])


def stream_pair_elsewhere():
    one, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    one.connect(target["unix"])


attempt("datagram pair to a unix socket", pair_to_path)
attempt("raw pair to a unix socket", raw_pair_to_path)
attempt("stream pair to a unix socket", stream_pair_elsewhere)
attempt("vsock", lambda: socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM) and None)
attempt("packet socket", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW) and None)
attempt("raw ip socket", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1) and None)
attempt("crypto socket", lambda: socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET) and None)
attempt("netfilter", lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12) and None)

# Around the filter, and back to rights.
NEWUSER, NEWNET = 0x10000000, 0x40000000
x86 = os.uname().machine == "x86_64"
add_key, request_key, keyctl = (248, 249, 250) if x86 else (217, 218, 219)
unshare, setns, clone, socket_call = (272, 308, 56, 41) if x86 else (97, 268, 220, 198)
bpf, perf = (321, 298) if x86 else (280, 241)
attempt("io_uring", lambda: call(425, 4, ctypes.create_string_buffer(120)))
attempt("a name by the kernel's key helper", lambda: call(request_key, b"dns_resolver", b"example.com", b"", -2))
attempt("a key", lambda: call(add_key, b"user", b"name", b"value", 5, -2))
attempt("keyrings", lambda: call(keyctl, 0, -3, 0))
attempt("user namespace by unshare", lambda: call(unshare, NEWUSER))
attempt("network namespace by unshare", lambda: call(unshare, NEWNET))
attempt("user namespace by clone", lambda: call(clone, NEWUSER | signal.SIGCHLD, 0, 0, 0, 0))
attempt("clone3", lambda: call(435, struct.pack("11Q", NEWUSER, *[0] * 3, signal.SIGCHLD, *[0] * 6), 88))
attempt("the first process's network", lambda: call(setns, os.open("/proc/1/ns/net", os.O_RDONLY), NEWNET))
attempt("own network namespace by setns", lambda: call(setns, os.open("/proc/self/ns/net", os.O_RDONLY), NEWNET))
attempt("bpf", lambda: call(bpf, 0, ctypes.create_string_buffer(128), 128))
attempt("performance counters", lambda: call(perf, ctypes.create_string_buffer(128), 0, -1, -1, 0))
attempt("64 bits in a socket's family", lambda: call(socket_call, ctypes.c_ulong((1 << 32) | socket.AF_UNIX), socket.SOCK_STREAM, 0))
if x86:
    attempt("x32 calls", lambda: call(0x40000000 + socket_call, socket.AF_UNIX, socket.SOCK_STREAM, 0))
attempt("mount", lambda: checked(libc.mount(b"none", b"/mnt", b"tmpfs", 0, None)))
attempt("unmount what covers the home", lambda: checked(libc.umount2(target["home"].encode() + b"/data", 2)))
attempt("unmount /proc", lambda: checked(libc.umount2(b"/proc", 2)))


def type_into_terminal():
    one, _ = os.openpty()
    request = ctypes.c_ulong(termios.TIOCSTI | target["above"])
    checked(libc.ioctl(one, request, b"x"))


target["above"] = 0
attempt("typing into a terminal", type_into_terminal)
target["above"] = 1 << 32
attempt("typing into a terminal with a longer number", type_into_terminal)

attempt("another terminal of the user", lambda: os.close(os.open(target["terminal"], os.O_RDWR | os.O_NOCTTY)))

# Other processes.
parent = target["parent"]
attempt("environment of distri", lambda: read(f"/proc/{parent}/environ"))
attempt("memory of distri", lambda: read(f"/proc/{parent}/mem"))
attempt("command line of distri", lambda: read(f"/proc/{parent}/cmdline"))
attempt("signal to distri", lambda: os.kill(parent, 0))
attempt("tracing the first process", lambda: checked(libc.ptrace(16, 1, 0, 0)))
attempt("memory of the first process", lambda: read("/proc/1/mem"))
attempt("root directory of the first process", lambda: os.listdir("/proc/1/root") and None)
numbers = sorted(int(name) for name in os.listdir("/proc") if name.isdigit())
outcomes["processes"] = "own" if numbers == [1, os.getpid()] else str(numbers)

# Files.
attempt("database", lambda: read(target["home"] + "/data/distri.db"))
attempt("root key", lambda: read(target["home"] + "/config/root.key"))
attempt("root key from the inside", lambda: read("../home/config/root.key"))
attempt("writing where the store is", lambda: open(target["home"] + "/data/x", "w").close())
attempt("removing the store", lambda: os.rmdir(target["home"] + "/data"))
attempt("deleting the home", lambda: os.rename(target["home"], target["home"] + "2"))
attempt("root key of the renamed home", lambda: read(target["home"] + "2/config/root.key"))
attempt("kernel memory", lambda: read("/dev/kmsg"))
attempt("a program that the kernel starts", lambda: open("/proc/sys/kernel/core_pattern", "w").close())
attempt("the kernel's own settings", lambda: open("/sys/kernel/mm/transparent_hugepage/enabled", "w").close())
attempt("a device of its own", lambda: os.mknod(target["work"] + "/disk", 0o60600, os.makedev(*target["disk"])))
harmless = ("null", "zero", "full", "random", "urandom", "tty", "ptmx")
for name in os.listdir("/dev"):
    mode = os.lstat("/dev/" + name).st_mode
    # Permissions keep the others from everybody but root.
    if stat.S_ISBLK(mode) or (stat.S_ISCHR(mode) and os.getuid() == 0 and name not in harmless):
        attempt("device " + name, lambda: os.close(os.open("/dev/" + name, os.O_RDONLY | os.O_NONBLOCK)))

# What must go on working.
with open(target["work"] + "/written", "w") as file:
    file.write("yes")
one, other = socket.socketpair()
one.sendall(b"pair")
inside = socket.create_server(("127.0.0.1", 0))
socket.create_connection(inside.getsockname()).sendall(b"inside")
outcomes["works"] = str((other.recv(9), inside.accept()[0].recv(9), open("/dev/null").read(), os.urandom(1) != b"", os.openpty()[0] > 0))
print(json.dumps(outcomes))
