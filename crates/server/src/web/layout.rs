//! The frame of every page.

use maud::{DOCTYPE, Markup, html};

use super::asset::{ICON, SCRIPT, STYLE};
use super::{Visit, nav};

/// A page of whoever is signed in.
pub(crate) fn member(visit: &Visit<'_>, title: &str, main: &Markup) -> Markup {
    let path = visit.input.parts.uri.path();
    let shown = |it: &&nav::Item| (it.is_for)(visit);
    let header = html! {
        nav aria-label="Pages" {
            @for item in nav::ITEMS.iter().filter(shown) {
                a href=(item.path) aria-current=[nav::is_here(item, path).then_some("page")] { (item.label) }
            }
        }
        (person(visit))
    };
    document(title, &header, main)
}

/// A page of somebody who is not.
pub(crate) fn visitor(title: &str, main: &Markup) -> Markup {
    document(title, &html! {}, &html! { div.narrow { (main) } })
}

fn document(title: &str, header: &Markup, main: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (title) " · distri" }
                link rel="icon" href=(ICON.path()) type="image/svg+xml";
                link rel="stylesheet" href=(STYLE.path());
                script src=(SCRIPT.path()) defer {}
            }
            body {
                a.skip href="#main" { "Skip to the content" }
                header.top {
                    a.brand href="/" { span.mark aria-hidden="true" {} "distri" }
                    (header)
                }
                main #main tabindex="-1" { (main) }
            }
        }
    }
}

/// Who is signed in, in which account, and the way out.
fn person(visit: &Visit<'_>) -> Markup {
    let view = &visit.view;
    html! {
        details.person {
            summary { span.name { (view.name) } " " span.quiet { (view.account) } }
            div.menu {
                p { (view.email) br; span.quiet { (view.role) " of " (view.account) } }
                p { a href="/settings/you" { "Sessions and password" } }
                @if view.accounts.len() > 1 {
                    form method="post" action="/account" {
                        (visit.token())
                        label for="account" { "Account" }
                        select id="account" name="account" {
                            @for account in &view.accounts {
                                option selected[account.name == view.account] { (account.name) }
                            }
                        }
                        button type="submit" { "Show" }
                    }
                }
                form method="post" action="/sign-out" {
                    (visit.token())
                    button type="submit" { "Sign out" }
                }
            }
        }
    }
}
