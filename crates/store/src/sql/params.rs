//! The parameters of a statement: sealed bytes, names, numbers and times. Statements carry values in no other way.

/// One parameter.
#[derive(Clone, Copy)]
pub(crate) enum Param<'p> {
    Null,
    Bool(bool),
    Integer(i64),
    Text(&'p str),
    Blob(&'p [u8]),
}

/// What can be a parameter.
pub(crate) trait ToParam {
    fn to_param(&self) -> Param<'_>;
}

/// The parameters of a statement, in their order.
macro_rules! params {
    ($($param:expr),* $(,)?) => {
        &[$($crate::sql::params::ToParam::to_param(&$param)),*]
    };
}
pub(crate) use params;

impl ToParam for bool {
    fn to_param(&self) -> Param<'_> {
        Param::Bool(*self)
    }
}

impl ToParam for i64 {
    fn to_param(&self) -> Param<'_> {
        Param::Integer(*self)
    }
}

impl ToParam for u32 {
    fn to_param(&self) -> Param<'_> {
        Param::Integer(i64::from(*self))
    }
}

impl ToParam for str {
    fn to_param(&self) -> Param<'_> {
        Param::Text(self)
    }
}

impl ToParam for String {
    fn to_param(&self) -> Param<'_> {
        Param::Text(self)
    }
}

impl ToParam for [u8] {
    fn to_param(&self) -> Param<'_> {
        Param::Blob(self)
    }
}

impl<const N: usize> ToParam for [u8; N] {
    fn to_param(&self) -> Param<'_> {
        Param::Blob(self)
    }
}

impl ToParam for Vec<u8> {
    fn to_param(&self) -> Param<'_> {
        Param::Blob(self)
    }
}

impl<T: ToParam> ToParam for Option<T> {
    fn to_param(&self) -> Param<'_> {
        self.as_ref().map_or(Param::Null, ToParam::to_param)
    }
}

impl<T: ToParam + ?Sized> ToParam for &T {
    fn to_param(&self) -> Param<'_> {
        (**self).to_param()
    }
}
