//! Where tickets stand on the glass: columns of cells, filled downwards, page after page.
//!
//! The invariant: a ticket at the end never moves one before it, whatever their lengths. So the oldest stay where the
//! cooks' eyes are, and only a bump lets the others move up. A long ticket spans cells of its column; one that is longer
//! than a column goes on in the next. Tickets that belong together stand one below the other, or in the next column.

use std::ops::Range;

use crate::frame::Grid;

/// One card: a ticket, or a part of one, and where it stands. Columns and rows count from 1, pages from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Slot {
    /// Position of the ticket in what was laid out.
    pub(crate) ticket: usize,
    /// Which part, from 1.
    pub(crate) part: u32,
    /// How many parts the ticket has.
    pub(crate) parts: u32,
    /// Which of its lines stand here: own ones, and on the last part those of other stations that have room.
    pub(crate) lines: Range<usize>,
    /// How many lines of other stations have none; they are counted on the card instead.
    pub(crate) unshown: u32,
    /// The page.
    pub(crate) page: u32,
    /// The column.
    pub(crate) column: u32,
    /// The first row.
    pub(crate) row: u32,
    /// How many rows it spans.
    pub(crate) rows: u32,
}

/// What a ticket needs: the heights of its lines, and of what stands above the first, in CSS pixels.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Demand {
    /// The order's note.
    pub(crate) above: u32,
    /// Each own line. These decide how large the card is.
    pub(crate) own: Vec<u32>,
    /// Each line of other stations. They take what room is left: a cook's glass is for the cook's work.
    pub(crate) elsewhere: Vec<u32>,
    /// The row that counts those without room.
    pub(crate) count: u32,
    /// It belongs to the one before it, and stands beside it.
    pub(crate) joined: bool,
}

/// One part of a ticket.
struct Part {
    lines: Range<usize>,
    unshown: u32,
    rows: u32,
}

/// Lays tickets out in their order.
pub(crate) fn lay_out(grid: &Grid, tickets: &[Demand]) -> Vec<Slot> {
    let (columns, rows) = (grid.columns.max(1) as usize, grid.rows.max(1));
    // Used rows of every column of every page so far: cells are only ever free at the bottom.
    let mut used: Vec<u32> = Vec::new();
    let mut slots = Vec::new();
    let mut from = 0;
    while from < tickets.len() {
        let joined = tickets[from + 1..].iter().take_while(|demand| demand.joined).count();
        let together = from..from + 1 + joined;
        from = together.end;
        let mut pieces = Vec::new();
        for ticket in together {
            let parts = split(grid, rows, &tickets[ticket]);
            let count = parts.len() as u32;
            pieces.extend(parts.into_iter().enumerate().map(|(part, piece)| (ticket, part, count, piece)));
        }
        let heights: Vec<u32> = pieces.iter().map(|(.., piece)| piece.rows).collect();
        let stand = first_fit(&used, columns, rows, &heights);
        for ((ticket, part, parts, Part { lines, unshown, rows }), column) in pieces.into_iter().zip(stand) {
            if used.len() <= column {
                used.resize(column + 1, 0);
            }
            slots.push(Slot {
                ticket,
                part: part as u32 + 1,
                parts,
                lines,
                unshown,
                page: (column / columns) as u32 + 1,
                column: (column % columns) as u32 + 1,
                row: used[column] + 1,
                rows,
            });
            used[column] += rows;
        }
    }
    slots
}

/// The columns, counted over all pages, of pieces that belong together: from the first column from which they fit without
/// a gap, each below the one before it or in the next column. They stand on one page, unless they need more than that.
fn first_fit(used: &[u32], columns: usize, rows: u32, heights: &[u32]) -> Vec<usize> {
    let free = |column: usize| rows - used.get(column).copied().unwrap_or(0);
    let fit = |start: usize| -> Option<Vec<usize>> {
        let mut stand: Vec<usize> = Vec::with_capacity(heights.len());
        let (mut column, mut left) = (start, free(start));
        for height in heights {
            if left < *height && !stand.is_empty() {
                column += 1;
                left = free(column);
            }
            left = left.checked_sub(*height)?;
            stand.push(column);
        }
        let one_page = start / columns == column / columns
            || (column - start >= columns && start.is_multiple_of(columns));
        one_page.then_some(stand)
    };
    (0..).find_map(fit).unwrap_or_default()
}

/// Cuts a ticket into parts of at most one column, each with the rows it spans.
fn split(grid: &Grid, rows: u32, demand: &Demand) -> Vec<Part> {
    let room = |span: u32| grid.cell_body_px.saturating_add(grid.cell_row_px.saturating_mul(span - 1));
    let mut parts = Vec::new();
    let mut from = 0;
    let mut height = demand.above;
    for (index, line) in demand.own.iter().enumerate() {
        // A line higher than a column still stands somewhere: the card scrolls.
        if index > from && height + line > room(rows) {
            parts.push(Part { lines: from..index, unshown: 0, rows });
            from = index;
            height = 0;
        }
        height += line;
    }
    let others: u32 = demand.elsewhere.iter().sum();
    let least = height + others.min(demand.count);
    let span = (1..rows).find(|span| least <= room(*span)).unwrap_or(rows);
    let mut shown = demand.elsewhere.len();
    if height + others > room(span) {
        let mut left = room(span).saturating_sub(height + demand.count);
        shown = demand
            .elsewhere
            .iter()
            .take_while(|line| {
                let fits = **line <= left;
                left = left.saturating_sub(**line);
                fits
            })
            .count();
    }
    let unshown = (demand.elsewhere.len() - shown) as u32;
    parts.push(Part { lines: from..demand.own.len() + shown, unshown, rows: span });
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn grid(columns: u32, rows: u32) -> Grid {
        Grid {
            columns,
            rows,
            cell_body_px: 100,
            cell_row_px: 150,
            line_px: 40,
            row_px: 20,
            dim_px: 20,
            name_chars: 20,
            row_chars: 30,
        }
    }

    fn lines(heights: &[u32]) -> Demand {
        Demand { own: heights.to_vec(), ..Demand::default() }
    }

    fn cells(slots: &[Slot]) -> Vec<(usize, u32, u32, u32, u32)> {
        slots.iter().map(|slot| (slot.ticket, slot.page, slot.column, slot.row, slot.rows)).collect()
    }

    #[test]
    fn columns_are_filled_downwards() {
        let slots =
            lay_out(&grid(2, 2), &[lines(&[40]), lines(&[40]), lines(&[40]), lines(&[40]), lines(&[40])]);
        assert_eq!(
            cells(&slots),
            [(0, 1, 1, 1, 1), (1, 1, 1, 2, 1), (2, 1, 2, 1, 1), (3, 1, 2, 2, 1), (4, 2, 1, 1, 1)]
        );
    }

    #[test]
    fn a_long_ticket_spans_its_column_and_a_short_one_fills_the_gap() {
        let slots = lay_out(&grid(3, 2), &[lines(&[40]), lines(&[40, 40, 40]), lines(&[40])]);
        assert_eq!(cells(&slots), [(0, 1, 1, 1, 1), (1, 1, 2, 1, 2), (2, 1, 1, 2, 1)]);
    }

    #[test]
    fn a_ticket_longer_than_a_column_goes_on_in_the_next_of_the_same_page() {
        let slots = lay_out(&grid(2, 2), &[lines(&[40]), lines(&[50; 7])]);
        assert_eq!(cells(&slots), [(0, 1, 1, 1, 1), (1, 2, 1, 1, 2), (1, 2, 2, 1, 1)]);
        assert_eq!((slots[1].lines.clone(), slots[2].lines.clone()), (0..5, 5..7));
        assert_eq!((slots[1].part, slots[2].part, slots[2].parts), (1, 2, 2));
    }

    #[test]
    fn lines_of_other_stations_take_only_the_room_that_is_left() {
        let demand = |elsewhere: &[u32]| Demand {
            own: vec![40],
            elsewhere: elsewhere.to_vec(),
            count: 20,
            ..Demand::default()
        };
        let one = |elsewhere: &[u32]| {
            let slots = lay_out(&grid(2, 2), &[demand(elsewhere)]);
            (slots[0].rows, slots[0].lines.clone(), slots[0].unshown)
        };
        assert_eq!(one(&[20, 20, 20]), (1, 0..4, 0), "all fit");
        assert_eq!(one(&[20, 20, 20, 20]), (1, 0..3, 2), "the count needs a row of its own");
        assert_eq!(lay_out(&grid(2, 1), &[Demand { own: vec![90], ..demand(&[20]) }])[0].unshown, 1);
    }

    #[test]
    fn tickets_that_belong_together_stand_together() {
        let joined = |heights: &[u32]| Demand { joined: true, ..lines(heights) };
        // The gap in the first column is no place for one of two.
        let tickets = [lines(&[40]), lines(&[40, 40, 40]), joined(&[40]), lines(&[40])];
        let slots = lay_out(&grid(3, 2), &tickets);
        assert_eq!(cells(&slots), [(0, 1, 1, 1, 1), (1, 1, 2, 1, 2), (2, 1, 3, 1, 1), (3, 1, 1, 2, 1)]);
        // They do not go over the edge of a page while they need not.
        let tickets = [lines(&[40; 4]), lines(&[40; 4]), lines(&[40]), joined(&[40]), joined(&[40])];
        let slots = lay_out(&grid(3, 2), &tickets);
        let of_table: Vec<_> = slots[2..].iter().map(|slot| (slot.page, slot.column, slot.row)).collect();
        assert_eq!(of_table, [(2, 1, 1), (2, 1, 2), (2, 2, 1)]);
    }

    proptest! {
        #[test]
        fn every_line_stands_exactly_once_inside_the_grid_and_nothing_overlaps(
            columns in 1u32..6, rows in 1u32..5,
            tickets in prop::collection::vec(
                (0u32..60, prop::collection::vec(10u32..200, 0..20), prop::collection::vec(10u32..60, 0..8),
                    any::<bool>()), 0..40),
        ) {
            let tickets: Vec<Demand> = tickets
                .into_iter()
                .map(|(above, own, elsewhere, joined)| Demand { above, own, elsewhere, count: 20, joined })
                .collect();
            let slots = lay_out(&grid(columns, rows), &tickets);
            let mut taken = std::collections::BTreeSet::new();
            for slot in &slots {
                prop_assert!(slot.column >= 1 && slot.column <= columns && slot.row + slot.rows - 1 <= rows);
                for row in slot.row..slot.row + slot.rows {
                    prop_assert!(taken.insert((slot.page, slot.column, row)));
                }
            }
            // What belongs together stands without a gap, in the order of its pieces.
            let column = |slot: &Slot| (slot.page - 1) * columns + slot.column;
            for pair in slots.windows(2).filter(|pair| pair[0].ticket == pair[1].ticket || tickets[pair[1].ticket].joined) {
                let below = column(&pair[0]) == column(&pair[1]) && pair[1].row == pair[0].row + pair[0].rows;
                prop_assert!(below || column(&pair[1]) == column(&pair[0]) + 1, "{pair:?}");
            }
            for (index, ticket) in tickets.iter().enumerate() {
                let shown: Vec<usize> =
                    slots.iter().filter(|slot| slot.ticket == index).flat_map(|slot| slot.lines.clone()).collect();
                let unshown: u32 = slots.iter().filter(|slot| slot.ticket == index).map(|slot| slot.unshown).sum();
                let all = ticket.own.len() + ticket.elsewhere.len();
                prop_assert!(shown.len() >= ticket.own.len());
                prop_assert_eq!(&shown, &(0..shown.len()).collect::<Vec<_>>());
                prop_assert_eq!(shown.len() + unshown as usize, all);
                prop_assert!(slots.iter().any(|slot| slot.ticket == index));
            }
        }

        #[test]
        fn a_ticket_at_the_end_moves_no_other(
            columns in 1u32..6, rows in 1u32..5,
            tickets in prop::collection::vec(prop::collection::vec(10u32..200, 1..12), 1..30),
        ) {
            let tickets: Vec<Demand> = tickets.iter().map(|heights| lines(heights)).collect();
            let all = lay_out(&grid(columns, rows), &tickets);
            let before = lay_out(&grid(columns, rows), &tickets[..tickets.len() - 1]);
            prop_assert_eq!(&all[..before.len()], &before[..]);
        }
    }
}
