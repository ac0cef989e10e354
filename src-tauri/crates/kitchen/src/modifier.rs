//! Modifiers and what they mean to a cook: an allergy must not be missed, a removal must not be read as an addition.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What a modifier does to the dish; it chooses colour, icon and spoken prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ModifierClass {
    /// A guest may be harmed: shown as a badge.
    Allergy,
    /// Something is left out.
    Removal,
    /// Something is added.
    Addition,
    /// How far it is cooked, or how warm it is served.
    Temperature,
    /// One thing for another.
    Substitution,
    /// Anything else.
    Plain,
}

impl ModifierClass {
    /// Classifies by whole words, first match wins, in the order of the variants (KITCHEN_FACTS, Modifiers).
    /// "nut" matches "no nuts" and not "nutmeg".
    #[must_use]
    pub fn of(text: &str) -> Self {
        let lower = text.to_lowercase();
        let words: Vec<&str> =
            lower.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
        let has = |list: &[&str]| words.iter().any(|word| list.contains(word));
        let begins = |list: &[&str]| words.first().is_some_and(|word| list.contains(word));
        if has(ALLERGY) {
            Self::Allergy
        } else if begins(REMOVAL) {
            Self::Removal
        } else if begins(ADDITION) {
            Self::Addition
        } else if has(TEMPERATURE) || words.windows(2).any(|pair| pair == ["well", "done"]) {
            Self::Temperature
        } else if has(SUBSTITUTION) {
            Self::Substitution
        } else {
            Self::Plain
        }
    }
}

const ALLERGY: &[&str] = &[
    "allergy",
    "allergies",
    "allergic",
    "allergen",
    "gluten",
    "dairy",
    "nut",
    "nuts",
    "peanut",
    "peanuts",
    "shellfish",
    "celiac",
    "coeliac",
    "anaphylaxis",
    "epipen",
];
const REMOVAL: &[&str] = &["no", "without", "remove", "hold"];
const ADDITION: &[&str] = &["extra", "add", "double", "triple", "more"];
const TEMPERATURE: &[&str] = &["rare", "medium", "hot", "cold"];
const SUBSTITUTION: &[&str] = &["sub", "substitute", "instead", "swap"];

/// One modifier of a line, classified once when the hub takes the order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Modifier {
    /// As the POS wrote it.
    pub name: String,
    /// What it means to the cook.
    pub class: ModifierClass,
}

impl Modifier {
    /// A modifier with the class its words give it.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        let class = ModifierClass::of(&name);
        Self { name, class }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_decide_and_the_first_class_wins() {
        use ModifierClass::*;
        for (text, class) in [
            ("ALLERGY sesame", Allergy),
            ("no nuts", Allergy),
            ("nutmeg", Plain),
            ("donut glaze", Plain),
            ("gluten-free bun", Allergy),
            ("no butter", Removal),
            ("without onion", Removal),
            ("hold the mayo", Removal),
            ("extra hot sauce", Addition),
            ("double cheese", Addition),
            ("medium rare", Temperature),
            ("well done", Temperature),
            ("oat milk, well shaken", Plain),
            ("sub slaw for fries", Substitution),
            ("rice instead of chips", Substitution),
            ("on the side", Plain),
            ("", Plain),
        ] {
            assert_eq!(ModifierClass::of(text), class, "{text:?}");
        }
    }
}
