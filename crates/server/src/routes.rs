//! The one list of routes: router, OpenAPI document and completeness tests are made of it.
//!
//! To add a route or a page: a file with its `ROUTE`, a line here.

use crate::route::{Route, Run};
use crate::{api, openapi, pages, probes, web};

/// All of them.
pub(crate) fn routes() -> impl Iterator<Item = &'static Route> {
    ROUTES.iter().copied()
}

/// The routes of the API, which the document describes.
pub(crate) fn documented() -> impl Iterator<Item = &'static Route> {
    routes().filter(|it| !it.is_page())
}

/// The pages as method, path, and whether one has to be signed in: for tests that try them all.
pub fn list_of_pages() -> impl Iterator<Item = (&'static str, &'static str, bool)> {
    let pages = routes().filter(|it| matches!(it.run, Run::Visitor(_) | Run::Member(_)));
    pages.map(|it| (it.verb.as_str(), it.path, matches!(it.run, Run::Member(_))))
}

static ROUTES: &[&Route] = &[
    &probes::healthz::ROUTE,
    &probes::readyz::ROUTE,
    &openapi::serve::ROUTE,
    &api::secrets::list::ROUTE,
    &api::secrets::upsert::ROUTE,
    &api::secrets::providers::ROUTE,
    &api::secrets::configured::ROUTE,
    &api::secrets::resolve::ROUTE,
    &api::secrets::import::ROUTE,
    &api::secrets::copy::ROUTE,
    &api::secrets::get::ROUTE,
    &api::secrets::put::ROUTE,
    &api::secrets::patch::ROUTE,
    &api::secrets::delete::ROUTE,
    &api::secrets::undelete::ROUTE,
    &api::secrets::rollback::ROUTE,
    &api::secrets::reveal::ROUTE,
    &api::secrets::reveal_all::ROUTE,
    &api::secrets::versions::ROUTE,
    &api::secrets::stage::ROUTE,
    &api::secrets::unstage::ROUTE,
    &api::secrets::promote::ROUTE,
    &api::releases::create::ROUTE,
    &api::agents::list::ROUTE,
    &api::agents::push::ROUTE,
    &api::agents::get::ROUTE,
    &api::agents::remove::ROUTE,
    &api::agents::check::ROUTE,
    &api::sessions::list::ROUTE,
    &api::sessions::set::ROUTE,
    &api::sessions::get::ROUTE,
    &api::sessions::delete::ROUTE,
    &api::sessions::end::ROUTE,
    &api::audit::list::ROUTE,
    &api::tokens::list::ROUTE,
    &api::tokens::create::ROUTE,
    &api::tokens::revoke::ROUTE,
    &api::setup::ROUTE,
    &api::accounts::list::ROUTE,
    &api::accounts::delete::ROUTE,
    &api::members::list::ROUTE,
    &api::members::role::ROUTE,
    &api::members::remove::ROUTE,
    &api::invitations::list::ROUTE,
    &api::invitations::create::ROUTE,
    &api::invitations::withdraw::ROUTE,
    &api::whoami::ROUTE,
    &web::asset::ROUTE,
    &pages::home::ROUTE,
    &pages::sign_in::ROUTE,
    &pages::sign_in::FORM,
    &pages::sign_out::ROUTE,
    &pages::account::ROUTE,
    &pages::setup::LINK,
    &pages::setup::ROUTE,
    &pages::setup::FORM,
    &pages::join::LINK,
    &pages::join::ROUTE,
    &pages::join::FORM,
    &pages::settings::agents::ROUTE,
    &pages::settings::audit::list::ROUTE,
    &pages::settings::audit::export::ROUTE,
    &pages::settings::tokens::list::ROUTE,
    &pages::settings::tokens::create::ROUTE,
    &pages::settings::tokens::create::FORM,
    &pages::settings::tokens::revoke::ROUTE,
    &pages::settings::tokens::revoke::FORM,
    &pages::settings::members::list::ROUTE,
    &pages::settings::members::invite::ROUTE,
    &pages::settings::members::invite::FORM,
    &pages::settings::members::withdraw::FORM,
    &pages::settings::members::edit::ROUTE,
    &pages::settings::members::edit::FORM,
    &pages::settings::members::remove::ROUTE,
    &pages::settings::members::remove::FORM,
    &pages::settings::you::show::ROUTE,
    &pages::settings::you::end::FORM,
    &pages::settings::you::password::FORM,
    &pages::settings::keys::ROUTE,
    &pages::settings::secrets::list::ROUTE,
    &pages::settings::secrets::add::ROUTE,
    &pages::settings::secrets::add::FORM,
    &pages::settings::secrets::compare::ROUTE,
    &pages::settings::secrets::import::ROUTE,
    &pages::settings::secrets::import::FORM,
    &pages::settings::secrets::import::CONFIRM,
    &pages::settings::secrets::deleted::ROUTE,
    &pages::settings::secrets::one::ROUTE,
    &pages::settings::secrets::edit::ROUTE,
    &pages::settings::secrets::edit::FORM,
    &pages::settings::secrets::delete::ROUTE,
    &pages::settings::secrets::delete::FORM,
    &pages::settings::secrets::undelete::ROUTE,
    &pages::settings::secrets::rollback::ROUTE,
    &pages::settings::secrets::promote::ROUTE,
    &pages::settings::secrets::unstage::ROUTE,
    &pages::settings::secrets::reveal::ROUTE,
    &pages::settings::secrets::reveal::FORM,
];
