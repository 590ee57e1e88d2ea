//! stub
pub(crate) fn run(_: &crate::args::DemoArgs) -> anyhow::Result<()> {
    Ok(())
}
