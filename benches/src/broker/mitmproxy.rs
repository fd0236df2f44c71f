//! mitmproxy (PyPI) between the same client and server, with a value put into a header by its own script interface.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::{PROXY_PID, text};
use crate::peers;

/// What a broker does, as far as it can: the placeholder in the header becomes the value, the server is where it is told.
const SCRIPT: &str = "
def request(flow):
    header = flow.request.headers.get(\"authorization\", \"\")
    flow.request.headers[\"authorization\"] = header.replace(\"placeholder\", \"sk_live_0123456789\")
    # Led there by its request, not at the connection: else no connection is used again, and the sixth waits for ever.
    host = flow.request.host_header
    flow.request.host, flow.request.port = \"127.0.0.1\", PORT
    flow.request.host_header = host
";

/// A running mitmproxy; it ends when it is dropped.
pub(super) struct Mitmproxy {
    process: Child,
    port: u16,
    authority: PathBuf,
}

impl Mitmproxy {
    /// Installs it where needed and starts it in front of `server`.
    pub(super) fn start(place: &Path, server: SocketAddr) -> Result<Self, String> {
        let program = peers::python_program("mitmproxy", "mitmdump")?;
        let (settings, script) = (place.join("mitmproxy"), place.join("put.py"));
        std::fs::write(&script, SCRIPT.replace("PORT", &server.port().to_string())).map_err(text)?;
        // Free now; whoever takes it in between makes the start fail, not the figures wrong.
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|it| it.local_addr())
            .map_err(text)?
            .port();
        let mut command = Command::new(program);
        command
            .arg("--quiet")
            .arg("--listen-host")
            .arg("127.0.0.1")
            .arg("--listen-port")
            .arg(port.to_string());
        command.arg("--scripts").arg(script);
        let set = [
            format!("confdir={}", settings.display()),
            // It is spared the verification that the broker does.
            "ssl_insecure=true".to_owned(),
            "stream_large_bodies=1m".to_owned(),
            "connection_strategy=lazy".to_owned(),
        ];
        for option in set {
            command.arg("--set").arg(option);
        }
        let process = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let this = Self {
            process: process.map_err(text)?,
            port,
            authority: settings.join("mitmproxy-ca-cert.pem"),
        };
        let until = Instant::now() + Duration::from_secs(60);
        while !this.authority.exists() || TcpStream::connect(("127.0.0.1", port)).is_err() {
            if Instant::now() > until {
                return Err("mitmproxy did not start".to_owned());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(this)
    }

    /// Leads a client here.
    pub(super) fn lead(&self, mut client: Command) -> Command {
        client
            .env("HTTPS_PROXY", format!("http://127.0.0.1:{}", self.port))
            .env("NODE_EXTRA_CA_CERTS", &self.authority)
            .env("BENCH_KEY", "placeholder")
            .env(PROXY_PID, self.process.id().to_string());
        client
    }
}

impl Drop for Mitmproxy {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
