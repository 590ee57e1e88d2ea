//! stub
pub(crate) fn run(_: &crate::args::SimulateArgs) -> anyhow::Result<()> {
    Ok(())
}
