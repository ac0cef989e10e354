//! What the owner configures: the menu, the stations with what they cook, and the house rules.

use crate::{CategoryId, MenuItemId, OrderType, Queue, RestaurantId, StationId, Work};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Everything about the kitchen that is not an order. Hub and displays hold the same copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setup {
    /// What can be ordered.
    pub menu: Menu,
    /// Who cooks it.
    pub stations: Vec<Station>,
    /// House rules.
    pub settings: Settings,
}

impl Setup {
    /// The stations that a line goes to first: of those that cook for its type of order those that name the item, else
    /// those that name its category, else those that take the rest. Empty means that nobody does and the line waits at
    /// expo alone.
    #[must_use]
    pub fn route(
        &self,
        item: &MenuItemId,
        category: Option<&CategoryId>,
        order_type: OrderType,
    ) -> Vec<StationId> {
        let category = category.or_else(|| self.menu.item(item).and_then(|found| found.category.as_ref()));
        let serves = |station: &&Station| {
            station.role == StationRole::Prep
                && (station.order_types.is_empty() || station.order_types.contains(&order_type))
        };
        let prep = || self.stations.iter().filter(serves);
        let pick = |wanted: &dyn Fn(&Station) -> bool| -> Vec<StationId> {
            prep().filter(|station| wanted(station)).map(|station| station.id.clone()).collect()
        };
        let by_item = pick(&|station| station.items.contains(item));
        if !by_item.is_empty() {
            return by_item;
        }
        let by_category = pick(&|station| category.is_some_and(|c| station.categories.contains(c)));
        if !by_category.is_empty() {
            return by_category;
        }
        pick(&|station| station.takes_rest)
    }

    /// The work that a line makes before the pass: at the stations it is routed to, at those that they hand it on to, and
    /// at the passes that look after any of these.
    #[must_use]
    pub fn work_for(
        &self,
        item: &MenuItemId,
        category: Option<&CategoryId>,
        order_type: OrderType,
    ) -> Vec<Work> {
        let mut work: Vec<Work> = self.route(item, category, order_type).into_iter().map(Work::at).collect();
        let mut index = 0;
        while let Some(before) = work.get(index).map(|work| work.station.clone()) {
            index += 1;
            let next = self.station(&before).and_then(|station| station.hands_on_to.clone());
            if let Some(next) = next.filter(|next| self.station(next).is_some() && !next.is_expo())
                && work.iter().all(|held| held.station != next)
            {
                work.push(Work { after: Some(before), ..Work::at(next) });
            }
        }
        let passes: Vec<Work> = self
            .stations
            .iter()
            .filter(|pass| pass.role == StationRole::Expo && !pass.id.is_expo())
            .filter(|pass| work.iter().any(|held| pass.covers.contains(&held.station)))
            .map(|pass| Work::at(pass.id.clone()))
            .collect();
        work.extend(passes);
        work
    }

    /// The station of that id.
    #[must_use]
    pub fn station(&self, id: &StationId) -> Option<&Station> {
        self.stations.iter().find(|station| &station.id == id)
    }
}

/// The menu, as the POS or the owner sets it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Menu {
    /// In the order they are shown.
    #[serde(default)]
    pub categories: Vec<Category>,
    /// In the order they are shown.
    #[serde(default)]
    pub items: Vec<MenuItem>,
}

impl Menu {
    /// The item of that id.
    #[must_use]
    pub fn item(&self, id: &MenuItemId) -> Option<&MenuItem> {
        self.items.iter().find(|item| &item.id == id)
    }

    /// The same with another stock of one item: none = plenty, 0 = out. An item that only orders know is written down.
    #[must_use]
    pub fn stocked(&self, id: &MenuItemId, name: &str, left: Option<u32>) -> Self {
        let mut next = self.clone();
        if next.item(id).is_none() {
            next.items.push(MenuItem::new(id.clone(), name));
        }
        for item in next.items.iter_mut().filter(|item| &item.id == id) {
            (item.available, item.left) = (left != Some(0), left);
        }
        next
    }

    /// The same after an order has taken its pieces; none if it takes of nothing that is counted.
    #[must_use]
    pub fn after_taking<'a>(&self, lines: impl Iterator<Item = (&'a MenuItemId, u32)>) -> Option<Self> {
        let mut next = self.clone();
        for (id, pieces) in lines {
            for item in next.items.iter_mut().filter(|item| &item.id == id) {
                item.left = item.left.map(|left| left.saturating_sub(pieces));
                item.available &= item.left != Some(0);
            }
        }
        (&next != self).then_some(next)
    }
}

/// A part of the menu: starters, grill, desserts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Category {
    /// Opaque id.
    pub id: CategoryId,
    /// Shown name.
    pub name: String,
}

/// One dish or drink.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MenuItem {
    /// Opaque id.
    pub id: MenuItemId,
    /// Shown name.
    pub name: String,
    /// Its part of the menu; the first thing routing looks at after the item itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<CategoryId>,
    /// Minutes from start to done, for [`crate::Pace`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prep_minutes: Option<u32>,
    /// False while it is eighty-sixed.
    #[serde(default = "yes")]
    pub available: bool,
    /// So many are left; each order takes its pieces off, and at none it is out. Absent = plenty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<u32>,
    /// What one piece takes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recipe: Vec<Portion>,
}

impl MenuItem {
    /// An item with nothing said about it but its name.
    #[must_use]
    pub fn new(id: impl Into<MenuItemId>, name: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            category: None,
            prep_minutes: None,
            available: true,
            left: None,
            recipe: Vec::new(),
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_out(&self) -> bool {
        !self.available || self.left == Some(0)
    }

    /// How many there are, as [`crate::Act::Stock`] says it: none = plenty.
    #[must_use]
    pub fn stock(&self) -> Option<u32> {
        if self.available { self.left } else { Some(0) }
    }
}

/// What a piece of an item takes of one ingredient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Portion {
    /// Shown name; the same name is the same ingredient.
    pub ingredient: String,
    /// How much, in its unit.
    pub amount: u32,
    /// `g`, `ml`, `slices`; empty = pieces.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
}

fn yes() -> bool {
    true
}

/// A place in the kitchen with a screen of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Station {
    /// Opaque id.
    pub id: StationId,
    /// Shown name: Grill, Fry, Cold.
    pub name: String,
    /// Cooks or assembles.
    #[serde(default)]
    pub role: StationRole,
    /// Categories it cooks.
    #[serde(default)]
    pub categories: Vec<CategoryId>,
    /// Items it cooks, stronger than any category.
    #[serde(default)]
    pub items: Vec<MenuItemId>,
    /// Also cooks whatever no other station names.
    #[serde(default)]
    pub takes_rest: bool,
    /// Only for these types of orders; empty = for all.
    #[serde(default)]
    pub order_types: Vec<OrderType>,
    /// What is done here goes on to that station: from make to oven.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hands_on_to: Option<StationId>,
    /// A pass before the pass: the stations whose lines it sees and sends on.
    #[serde(default)]
    pub covers: Vec<StationId>,
    /// How its screens share its tickets.
    #[serde(default)]
    pub queue: Queue,
}

impl Station {
    /// A station that cooks nothing yet.
    #[must_use]
    pub fn new(id: impl Into<StationId>, name: impl Into<String>, role: StationRole) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            role,
            categories: Vec::new(),
            items: Vec::new(),
            takes_rest: false,
            order_types: Vec::new(),
            hands_on_to: None,
            covers: Vec::new(),
            queue: Queue::Shared,
        }
    }
}

/// What a station does with a ticket.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum StationRole {
    /// Cooks its own lines.
    #[default]
    Prep,
    /// Sees every line of every order and sends it out.
    Expo,
}

/// When an order is finished and leaves for recall.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum CloseWhen {
    /// When the pass has bumped it: a kitchen with an expediter.
    #[default]
    Passed,
    /// When every station has bumped its part: a kitchen without a pass.
    Ready,
}

/// What becomes of a new order with an item that is out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum EightySix {
    /// It is taken, and its lines are marked.
    #[default]
    Flag,
    /// A POS is told no. Orders of a back end are taken all the same: they exist already.
    Refuse,
}

/// How a course fires that does not say it itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum CourseRule {
    /// Somebody fires it.
    #[default]
    ByHand,
    /// When the stations have bumped the course before it.
    WhenDone,
    /// So many minutes after the course before it.
    AfterMinutes(u32),
}

/// The house rules of one restaurant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Settings {
    /// Which restaurant this is; the demo kitchen is one of its own.
    pub restaurant: RestaurantId,
    /// Shown name.
    pub name: String,
    /// True for the kitchen that orders from itself; every screen says so.
    #[serde(default)]
    pub demo: bool,
    /// IANA time zone name, such as `Europe/Lisbon`.
    #[serde(default = "utc")]
    pub time_zone: String,
    /// When a business day starts, minutes after local midnight.
    #[serde(default = "four_in_the_morning")]
    pub day_starts_minute: u16,
    /// When an order is finished.
    #[serde(default)]
    pub close_when: CloseWhen,
    /// The pass cannot bump what a station still cooks.
    #[serde(default)]
    pub pass_waits: bool,
    /// Lines that go out together are begun so that they are done together, by the times of the menu.
    #[serde(default)]
    pub coordinate: bool,
    /// How courses fire.
    #[serde(default)]
    pub courses: CourseRule,
    /// New orders with an item that is out.
    #[serde(default)]
    pub eighty_six: EightySix,
    /// How long a bump can be taken back from its toast, seconds.
    #[serde(default = "five")]
    pub undo_seconds: u32,
    /// When an order is soon late and late; the most specific rule wins, then the first.
    #[serde(default = "ThresholdRule::defaults")]
    pub thresholds: Vec<ThresholdRule>,
}

fn utc() -> String {
    "UTC".to_owned()
}

fn four_in_the_morning() -> u16 {
    240
}

fn five() -> u32 {
    5
}

impl Settings {
    /// The defaults of KITCHEN_FACTS for a restaurant of that id and name.
    #[must_use]
    pub fn new(restaurant: RestaurantId, name: impl Into<String>) -> Self {
        Self {
            restaurant,
            name: name.into(),
            demo: false,
            time_zone: utc(),
            day_starts_minute: four_in_the_morning(),
            close_when: CloseWhen::default(),
            pass_waits: false,
            coordinate: false,
            courses: CourseRule::default(),
            eighty_six: EightySix::default(),
            undo_seconds: five(),
            thresholds: ThresholdRule::defaults(),
        }
    }
}

/// From which age a ticket is soon late, and late.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ThresholdRule {
    /// Only at this station.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub station: Option<StationId>,
    /// Only for this type of order.
    #[ts(optional)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_type: Option<OrderType>,
    /// Age in seconds from which it is soon late.
    pub warn_seconds: u32,
    /// Age in seconds from which it is late.
    pub late_seconds: u32,
}

impl ThresholdRule {
    /// 10 / 15 minutes for everyone, 5 / 8 for the drive-thru (KITCHEN_FACTS, Defaults).
    #[must_use]
    pub fn defaults() -> Vec<Self> {
        vec![
            Self { station: None, order_type: None, warn_seconds: 600, late_seconds: 900 },
            Self {
                station: None,
                order_type: Some(OrderType::DriveThru),
                warn_seconds: 300,
                late_seconds: 480,
            },
        ]
    }
}
