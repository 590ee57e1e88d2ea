//! The segment columns, compiled: which values there are, how often, and what they do to rates.

use crate::{
    draw::{Stream, Weights},
    scenario::{DIMENSIONS, Factors, Language, Scenario, Segments, Who},
};

/// For each dimension the index of a customer's value.
pub(crate) type Profile = [u8; DIMENSIONS.len()];

#[derive(Debug)]
pub(crate) struct SegmentTable {
    dimensions: [Dimension; DIMENSIONS.len()],
    languages: Vec<Language>,
    currencies: Vec<String>,
    /// For each country, which regions it has.
    regions: Vec<(Vec<u8>, Weights)>,
}

#[derive(Debug, Default)]
struct Dimension {
    values: Vec<Value>,
    weights: Option<Weights>,
}

#[derive(Debug)]
struct Value {
    name: String,
    rate: f64,
    spend: f64,
}

impl SegmentTable {
    pub(crate) fn new(scenario: &Scenario) -> Self {
        let segments = &scenario.segments;
        let country =
            Dimension::new(segments.country.iter().map(|v| (v.value.as_str(), v.share, v.rate, v.spend)));
        let mut region =
            Dimension::new(segments.region.iter().map(|v| (v.value.as_str(), v.share, 1.0, 1.0)));
        region.values.push(Value { name: String::new(), rate: 1.0, spend: 1.0 });
        let plain =
            [&segments.device, &segments.channel, &segments.tier, &segments.payment_method].map(|values| {
                Dimension::new(values.iter().map(|v| (v.value.as_str(), v.share, v.rate, v.spend)))
            });
        let [device, channel, tier, payment_method] = plain;
        let currency = |own: &Option<String>| own.clone().unwrap_or_else(|| scenario.shop.currency.clone());
        Self {
            languages: segments.country.iter().map(|v| v.language).collect(),
            currencies: segments.country.iter().map(|v| currency(&v.currency)).collect(),
            regions: segments.country.iter().map(|v| regions_of(segments, &v.value)).collect(),
            dimensions: [country, region, device, channel, tier, payment_method],
        }
    }

    /// A customer's values.
    pub(crate) fn draw(&self, stream: &mut Stream) -> Profile {
        let mut profile = Profile::default();
        for (place, dimension) in profile.iter_mut().zip(&self.dimensions) {
            let unit = stream.unit();
            *place = index(dimension.weights.as_ref().map_or(0, |weights| weights.at(unit)));
        }
        let [country, region, ..] = &mut profile;
        let unit = stream.unit();
        let own = self.regions.get(usize::from(*country));
        let found = own.and_then(|(indices, weights)| indices.get(weights.at(unit)));
        *region = found.copied().unwrap_or_else(|| index(self.no_region()));
        profile
    }

    fn no_region(&self) -> usize {
        let [_, region, ..] = &self.dimensions;
        region.values.len().saturating_sub(1)
    }

    /// Factors on the purchase rate and on the order value.
    pub(crate) fn factors(&self, profile: Profile) -> (f64, f64) {
        self.each(profile).fold((1.0, 1.0), |(rate, spend), value| (rate * value.rate, spend * value.spend))
    }

    /// The values as written.
    pub(crate) fn names(&self, profile: Profile) -> impl Iterator<Item = &str> {
        self.each(profile).map(|value| value.name.as_str())
    }

    fn each(&self, profile: Profile) -> impl Iterator<Item = &Value> {
        let pairs = self.dimensions.iter().zip(profile);
        pairs.filter_map(|(dimension, index)| dimension.values.get(usize::from(index)))
    }

    pub(crate) fn language(&self, profile: Profile) -> Language {
        let [country, ..] = profile;
        self.languages.get(usize::from(country)).copied().unwrap_or_default()
    }

    pub(crate) fn currency(&self, profile: Profile) -> &str {
        let [country, ..] = profile;
        self.currencies.get(usize::from(country)).map_or("", String::as_str)
    }

    /// Product of the factors that a scenario gives for a customer's values.
    pub(crate) fn factor(&self, factors: &Factors, profile: Profile) -> f64 {
        let of = |(dimension, name): (&str, &str)| {
            factors.get(dimension).and_then(|values| values.get(name)).copied()
        };
        DIMENSIONS.into_iter().zip(self.names(profile)).filter_map(of).product()
    }

    /// Whether a customer is among those meant.
    pub(crate) fn is_among(&self, who: &Who, profile: Profile) -> bool {
        let fits = |(dimension, name): (&str, &str)| {
            who.get(dimension).is_none_or(|values| values.iter().any(|value| value == name))
        };
        DIMENSIONS.into_iter().zip(self.names(profile)).all(fits)
    }
}

impl Dimension {
    fn new<'a>(values: impl Iterator<Item = (&'a str, f64, f64, f64)> + Clone) -> Self {
        let weights = Weights::new(values.clone().map(|(_, share, ..)| share));
        let value =
            |(name, _, rate, spend): (&str, f64, f64, f64)| Value { name: name.to_owned(), rate, spend };
        Self { values: values.map(value).collect(), weights: Some(weights) }
    }
}

fn regions_of(segments: &Segments, country: &str) -> (Vec<u8>, Weights) {
    let own = || segments.region.iter().enumerate().filter(|(_, region)| region.country == country);
    let weights = Weights::new(own().map(|(_, region)| region.share));
    (own().map(|(place, _)| index(place)).collect(), weights)
}

/// Scenarios have at most 200 values per dimension.
fn index(place: usize) -> u8 {
    u8::try_from(place).unwrap_or(u8::MAX)
}
