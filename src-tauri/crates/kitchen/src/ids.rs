//! Identifiers. All of them are opaque strings: nobody may read meaning out of one or sort by one.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

macro_rules! identifier {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
        #[serde(transparent)]
        #[ts(type = "string")]
        pub struct $name(pub String);

        impl $name {
            /// The identifier as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

identifier! {
    /// One order, as the hub names it.
    OrderId;
    /// One line of one order: the source's item id if that is unique in its order, else menu id and ordinal.
    LineId;
    /// A menu item, as the POS names it.
    MenuItemId;
    /// A menu category, as the POS names it.
    CategoryId;
    /// A station of the kitchen; `expo` is always one of them.
    StationId;
    /// One restaurant; a hub serves exactly one.
    RestaurantId;
    /// One screen, for its whole life; made at its first start.
    DeviceId;
    /// A cook's act: a ULID made where the finger was. The hub applies it once, however often it arrives.
    OperationId;
    /// One life of a hub's log. A restored or renewed log gets a new one, and every screen reads it afresh.
    EpochId;
}

impl OrderId {
    /// What acts on the menu name instead of an order: they keep their order among themselves, like those of one ticket.
    pub const MENU: &'static str = "menu";

    /// The name of the menu.
    #[must_use]
    pub fn menu() -> Self {
        Self(Self::MENU.to_owned())
    }
}

impl StationId {
    /// The pass. Every line has work here, so a line that no rule routes is still on somebody's glass.
    pub const EXPO: &'static str = "expo";

    /// The station every line ends at.
    #[must_use]
    pub fn expo() -> Self {
        Self(Self::EXPO.to_owned())
    }

    /// Whether this is the pass.
    #[must_use]
    pub fn is_expo(&self) -> bool {
        self.0 == Self::EXPO
    }
}
