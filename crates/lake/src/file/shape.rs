//! Which plain columns a Parquet file has: nested records are taken apart into dotted paths.

use arrow_schema::{DataType, Field, Schema};

/// One column that can be named, in the order of the file.
#[derive(Debug, Clone)]
pub(super) struct Leaf {
    /// `name`, or `record.name` inside records.
    pub(super) path: String,
    /// Index of the top-level field it is in.
    pub(super) root: usize,
    /// Names of the fields to follow inside the root; empty for a plain column.
    pub(super) steps: Vec<String>,
    /// Parquet's own columns below it, by the number of the first one and how many they are.
    pub(super) start: usize,
    pub(super) width: usize,
    pub(super) holds: DataType,
}

/// All columns of a schema. Lists and maps are one column each, which cannot be selected.
pub(super) fn leaves(schema: &Schema) -> Vec<Leaf> {
    let mut found = Vec::new();
    let mut next_leaf = 0;
    for (root, field) in schema.fields().iter().enumerate() {
        descend(field, root, "", &[], &mut next_leaf, &mut found);
    }
    found
}

fn descend(
    field: &Field,
    root: usize,
    prefix: &str,
    steps: &[String],
    next_leaf: &mut usize,
    found: &mut Vec<Leaf>,
) {
    let path = format!("{prefix}{}", field.name());
    if let DataType::Struct(children) = field.data_type() {
        let prefix = format!("{path}.");
        for child in children {
            let steps = [steps, &[child.name().clone()]].concat();
            descend(child, root, &prefix, &steps, next_leaf, found);
        }
        return;
    }
    let width = count_leaves(field.data_type());
    found.push(Leaf {
        path,
        root,
        steps: steps.to_vec(),
        start: *next_leaf,
        width,
        holds: field.data_type().clone(),
    });
    *next_leaf += width;
}

fn count_leaves(data_type: &DataType) -> usize {
    match data_type {
        DataType::Struct(children) => children.iter().map(|child| count_leaves(child.data_type())).sum(),
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _)
        | DataType::Map(item, _) => count_leaves(item.data_type()),
        _ => 1,
    }
}
