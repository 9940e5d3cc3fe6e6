/// Makes three tests of each scenario: a function of [`Mode`](crate::Mode), run in every one of them.
///
/// A scenario that is left out is dead code, and refused as that.
#[macro_export]
macro_rules! scenarios {
    ($($name:ident),* $(,)?) => {
        $crate::scenarios!(@mode uncached Uncached $($name)*);
        $crate::scenarios!(@mode cached Cached $($name)*);
        $crate::scenarios!(@mode nested Nested $($name)*);
    };
    (@mode $module:ident $mode:ident $($name:ident)*) => {
        mod $module {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $name() -> anyhow::Result<()> {
                    super::$name($crate::Mode::$mode).await
                }
            )*
        }
    };
}
