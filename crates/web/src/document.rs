//! The report as one self-contained file: the same parts as the pages, with styles, fonts and script inside.
//!
//! It opens from disk, prints, asks nothing of the network, and shows every table where scripts are off.

use askama::Template;
use fidance_app::report::{
    model::Report,
    question::{Question, WindowOption},
};
use i18n_embed_fl::fl;

use crate::{
    assets,
    choices::{Choices, CohortUnit, Sort, Variant},
    text::{Lang, Text},
    view::{
        barometer::Barometer,
        cohorts::{Cohorts, Matrix, mean_curve},
        figure::Figure,
        shell::columns,
        survival::{Groups, Survival},
    },
};

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// The bundled script or style is not in the program.
    #[error("the bundled script or style is missing from the program")]
    Assets,
    /// The page cannot be laid out.
    #[error("the report cannot be laid out")]
    Render(#[from] askama::Error),
}

#[derive(Debug, Template)]
#[template(path = "document.html")]
struct Document<'a> {
    t: &'a Text,
    title: &'a str,
    script: String,
    style: String,
    barometer: Barometer<'a>,
    matrices: Vec<(String, String, Matrix<'a>)>,
    curve: Option<Figure<'a>>,
    survival: Survival<'a>,
    /// The segment columns after the first one, which the survival page shows on request.
    more_groups: Vec<Groups<'a>>,
}

/// The report as one HTML file.
///
/// # Errors
/// See [`DocumentError`].
pub fn html_report(report: &Report, title: &str, lang: Lang) -> Result<String, DocumentError> {
    let text = Text::new(lang);
    let t = &text;
    let (script, style) = assets::inlined().ok_or(DocumentError::Assets)?;
    let choices = Choices {
        question: Question { every: report.definition.every, window: WindowOption::Auto },
        by: None,
        sort: Sort::default(),
        variant: Variant::default(),
        unit: CohortUnit::default(),
    };
    let segment_columns =
        columns(report.survival.iter().filter_map(|curve| Some(curve.segment.as_ref()?.by.as_str())));
    let document = Document {
        t,
        title,
        script,
        style,
        barometer: Barometer::for_file(t, report, &choices),
        matrices: Cohorts::matrices(t, report),
        curve: report.cohorts.as_ref().and_then(|table| mean_curve(t, table, Variant::default())),
        survival: Survival::for_file(t, report, &choices),
        more_groups: segment_columns
            .iter()
            .skip(1)
            .filter_map(|column| Groups::new(t, report, column))
            .collect(),
    };
    Ok(document.render()?)
}
