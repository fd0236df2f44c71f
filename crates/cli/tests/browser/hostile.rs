//! What other sites try with a browser in which somebody is signed in, and what hostile names would do in its pages.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

use serde_json::json;

use crate::browser::Viewer;
use crate::house::{EMAIL, House, PASSWORD};
use crate::served::Served;
use crate::support::Home;

/// A site on another port of the same host, which is the same site to `SameSite`: a page with this in it.
fn site(html: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    // Until this program ends.
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut reader = BufReader::new(&stream);
            let mut line = String::new();
            while reader.read_line(&mut line).is_ok_and(|it| it > 2) {
                line.clear();
            }
            let length = html.len();
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
            );
            let _ = (&stream).write_all((head + &html).as_bytes());
        }
    });
    format!("http://{address}/")
}

#[test]
fn no_other_site_sends_a_form_frames_a_page_or_reads_one() {
    let house = House::new();
    let address = &house.served.address;
    let browser = house.browser(Viewer::USUAL);
    browser.go("/settings/secrets");
    browser.says("STRIPE_API_KEY");
    let page = site(format!(
        "<form method=post action='http://{address}/settings/secrets/STRIPE_API_KEY/delete'><input name=expected value=2>\
         <button>Delete it</button></form>\
         <form method=post action='http://{address}/sign-in'><input name=email value={EMAIL}>\
         <input name=password value='{PASSWORD}'><button>Sign them in</button></form>\
         <iframe src='http://{address}/settings/secrets' title=frame></iframe>"
    ));
    for button in ["Delete it", "Sign them in"] {
        browser.go_to(&page);
        browser.press(button);
        browser.says("Not permitted");
    }
    assert_eq!(
        house.served.home.reveal("STRIPE_API_KEY").len(),
        crate::house::VALUE.len() + 1,
        "it is still there"
    );

    browser.go_to(&page);
    browser.complaints();
    browser.go_to(&page);
    let refused = browser.until(|| {
        let complaints = browser.complaints();
        complaints.into_iter().find(|it| it.contains("frame-ancestors"))
    });
    refused.expect("the frame stays empty, and the browser says why");
    let script = format!(
        "const done = arguments[arguments.length - 1]; \
         fetch('http://{address}/settings/secrets', {{ credentials: 'include' }}).then(it => it.text()).then(done, () => done('refused'))"
    );
    assert_eq!(browser.script_later(&script), "refused");

    // Another name that leads to this machine, as in DNS rebinding.
    let port = address.rsplit(':').next().unwrap();
    browser.go_to(&format!("http://evil.example:{port}/sign-in"));
    browser.says("does not answer to the name");
    browser.go("/settings/secrets");
    browser.says("STRIPE_API_KEY");
}

#[test]
fn hostile_names_are_text_in_every_page() {
    const HOSTILE: &str = "<img src=x onerror=\"window.ran=1\"></td>'&amp;<script>";
    let home = Home::new();
    home.pipe(&["secrets", "set", "CRM_TOKEN", "--note", HOSTILE], "value-1234567890")
        .ok();
    let made = home.distri(&["tokens", "create", HOSTILE, "--scopes", "write,admin"]);
    let token = made.ok().out().trim().to_owned();
    let served = Served::start_in(home, &[]);
    let agent =
        format!("---\nname = \"payer\"\ndescription = '''{HOSTILE}'''\n[secrets]\nrequired = [\"CRM_TOKEN\"]\n---\n");
    let body = json!({ "markdown": agent }).to_string();
    assert_eq!(served.exchange("POST", "/v1/agents", &token, &body).0, 201);
    let browser = served.browser(Viewer::USUAL);
    browser.go(&served.setup_path().unwrap());
    browser.fill("Your name", HOSTILE);
    browser.fill("E-mail address", EMAIL);
    browser.fill("Password", PASSWORD);
    browser.press("Become the owner");
    for path in [
        "/settings/secrets",
        "/settings/secrets?q=%3Cimg%20src=x%20onerror=%22window.ran=1%22%3E",
        "/settings/secrets/CRM_TOKEN",
        "/settings/secrets/CRM_TOKEN/edit",
        "/settings/secrets/CRM_TOKEN/delete",
        "/settings/agents",
        "/settings/audit",
        "/settings/audit?actor=%3Cscript%3Ewindow.ran=1%3C/script%3E&key=%3Cscript%3E",
        "/settings/tokens",
        "/settings/members",
        "/settings/you",
    ] {
        browser.go(path);
        browser.says("distri");
        assert_eq!(
            browser.script("return window.ran === undefined && !document.querySelector('img')"),
            true,
            "{path}"
        );
        let complaints = browser.complaints();
        assert!(
            complaints.iter().all(|it| it.contains("status of 422")),
            "{path}: {complaints:?}"
        );
    }
    browser.go("/settings/secrets");
    browser.says(HOSTILE);
}
