//! What pages need beside the routes of the API: sessions in cookies, forms, markup, refusals that people can read.
//!
//! A page is a row of the one list like a route of the API, with [`Run::Visitor`](crate::route::Run::Visitor) for whoever
//! comes and [`Run::Member`](crate::route::Run::Member) for whoever is signed in. [`endpoint`](crate::endpoint) asks for
//! session, origin and token of a form before its handler runs, so that no page can forget one of them.
//!
//! | module | owns |
//! |---|---|
//! | [`visit`] | what a page's handler gets, and answers with |
//! | [`cookie`] | the cookies: names, flags |
//! | [`origin`] | which site a form was sent from |
//! | [`form`] | what a form brings; what is wrong with it |
//! | [`field`], [`choice`], [`component`] | pieces of pages |
//! | [`value`] | a value in the one page that shows it |
//! | [`freshly`] | the password again, with a form |
//! | [`layout`], [`nav`] | the frame of every page |
//! | [`notice`] | what the page after a form says |
//! | [`next`] | where signing in leads to |
//! | [`refusal`], [`headers`] | refusals as pages; the headers of every page |
//! | [`asset`] | stylesheet, script, icon |

pub(crate) mod asset;
pub(crate) mod choice;
pub(crate) mod component;
pub(crate) mod cookie;
pub(crate) mod field;
pub(crate) mod form;
pub(crate) mod freshly;
pub(crate) mod headers;
pub(crate) mod layout;
pub(crate) mod nav;
pub(crate) mod next;
pub(crate) mod notice;
pub(crate) mod origin;
pub(crate) mod refusal;
pub(crate) mod value;
pub(crate) mod visit;

pub(crate) use component::when;
pub(crate) use field::Field;
pub(crate) use form::{Faults, Form};
pub(crate) use visit::{Visit, Visitor};
