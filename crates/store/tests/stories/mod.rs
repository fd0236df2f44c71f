//! What every database must do.

mod groups;
mod migrations;
