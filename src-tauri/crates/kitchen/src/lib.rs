//! The kitchen itself: what an order is, who cooks which line, and which acts move it.
//!
//! Everything here is a pure function of its arguments. The hub and every display share this crate, so that both
//! judge an act alike: [`decide`] turns an [`Operation`] into the order that results, or into a [`Refusal`];
//! [`Board`] folds the hub's [`Event`]s and lays the display's own pending operations over them.
//!
//! Knows nothing of: storage, sockets, windows, threads, tokio, and the time of day. Time comes in as [`At`],
//! milliseconds of the hub's clock.

mod all_day;
mod board;
mod day;
mod decide;
mod draft;
mod event;
mod house;
mod ids;
mod modifier;
mod operation;
mod order;
mod pace;
mod park;
mod pending;
mod queue;
mod setup;
mod ticket;
mod urgency;

pub use all_day::{Count, Ingredient, Variant, all_day, all_day_of_kitchen, ingredients};
pub use board::{Board, Change as BoardChange, Standing};
pub use day::{At, business_day_start};
pub use decide::{Decided, Refusal, decide, decide_menu, decide_setup, is_on_setup, reroute};
pub use draft::{DraftError, NewLine, NewOrder};
pub use event::{Event, EventKind};
pub use house::{House, unrouted};
pub use ids::{
    CategoryId, DeviceId, EpochId, LineId, MenuItemId, OperationId, OrderId, RestaurantId, StationId,
};
pub use modifier::{Modifier, ModifierClass};
pub use operation::{Act, Operation, Touch};
pub use order::{
    Bump, Change, ChangeKind, Courier, Course, Hold, Line, LineState, Move, Order, OrderLabel, OrderState,
    OrderStatus, OrderType, Payment, Source, Work,
};
pub use pace::{Pace, Part, Start, Timing};
pub use park::{QUIET_MS, is_left_over, park};
pub use queue::{Claim, Dealer, LiveScreens, Queue, is_shown_to};
pub use setup::{
    Category, CloseWhen, CourseRule, EightySix, Menu, MenuItem, Portion, Settings, Setup, Station,
    StationRole, ThresholdRule,
};
pub use ticket::{Progress, Ticket, TicketLine};
pub use urgency::Urgency;
