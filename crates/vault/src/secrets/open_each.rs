//! Opening every version of every secret of an account, to see whether it opens.

use std::ops::ControlFlow::Continue;

use distri_core::authz::{Allowed, Read};
use distri_store::UnitOfWork;
use distri_store::lists::Place;

use super::walk::Which;
use crate::opening::AccountKeys;
use crate::{Caller, VaultError};

impl Caller<'_> {
    /// Tells `each` how many versions a secret has, or what is wrong with it, for one after the other in the order of their
    /// keys. Rows come a part at a time, however many there are.
    pub(crate) fn open_each(
        &self,
        allowed: &Allowed<Read>,
        work: &mut dyn UnitOfWork,
        mut each: impl FnMut(Result<u32, VaultError>) -> Result<(), VaultError>,
    ) -> Result<(), VaultError> {
        let mut keys = AccountKeys::default();
        let (beginning, all) = (Place::beginning(), usize::MAX);
        self.walk(allowed, work, Which::ALL, &beginning, all, |work, view| {
            each(self.check_whole(work, &mut keys, &view))?;
            Ok(Continue(()))
        })
    }
}
