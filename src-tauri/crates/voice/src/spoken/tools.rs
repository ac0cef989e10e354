//! Functions that a peer which answers may call. Each call becomes the sentence a cook would say, and goes through the
//! same grammar: a model can do nothing that could not be said, and an unsure call is asked about like an unsure word.

use super::words::Language;
use super::{Command, Question};
use crate::protocol::Tool;
use serde_json::{Value, json};

/// What a session offers to its peer.
#[must_use]
pub fn tools(language: &Language) -> Vec<Tool> {
    let text = |meaning: &str| json!({"type": "string", "description": meaning});
    let ticket = || {
        text(
            "The ticket as the cook names it: a table, an order number, a name, or a position such as first.",
        )
    };
    let item = || text("The dish as the menu names it.");
    let station = || text("The station by its name.");
    let number = |meaning: &str| json!({"type": "integer", "minimum": 1, "description": meaning});
    let tool = |name: &str, description: &str, properties: Value, required: &[&str]| Tool {
        kind: "function".to_owned(),
        name: name.to_owned(),
        description: description.to_owned(),
        parameters: json!({"type": "object", "properties": properties, "required": required}),
    };
    let mut tools: Vec<Tool> = language
        .rows
        .iter()
        .map(|row| {
            let name = format!("{}_ticket", row.verb.name());
            let meaning = format!("The cook says: {} this ticket, or only some dish of it.", row.say[0]);
            tool(&name, &meaning, json!({"ticket": ticket(), "item": item()}), &["ticket"])
        })
        .collect();
    tools.extend([
        tool(
            "bump_table",
            "All tickets of a table that has several are done.",
            json!({"table": text("The table, without the word table.")}),
            &["table"],
        ),
        tool(
            "hold_for",
            "Nobody is to cook this ticket for so long.",
            json!({"ticket": ticket(), "minutes": number("5, 10 or 20.")}),
            &["ticket", "minutes"],
        ),
        tool(
            "transfer",
            "Another station is to make this ticket.",
            json!({"ticket": ticket(), "station": station()}),
            &["ticket", "station"],
        ),
        tool("recall_last", "The cook wants the ticket back that was bumped last.", json!({}), &[]),
        tool("undo", "The latest act is to be taken back.", json!({}), &[]),
        tool("eighty_six", "A dish has run out.", json!({"item": item()}), &["item"]),
        tool(
            "left",
            "Only so many of a dish are left.",
            json!({"item": item(), "number": number("Pieces, 6 at most.")}),
            &["item", "number"],
        ),
        tool("back_on", "A dish that had run out is back.", json!({"item": item()}), &["item"]),
        tool("how_many", "How many of a dish are still to be made.", json!({"item": item()}), &["item"]),
        tool("how_many_tickets", "How many tickets are open.", json!({}), &[]),
        tool("what_is_late", "Which tickets are late.", json!({}), &[]),
        tool("what_is_on", "What is on a ticket.", json!({"ticket": ticket()}), &["ticket"]),
        tool("show_ticket", "The cook wants to see a ticket.", json!({"ticket": ticket()}), &["ticket"]),
        tool(
            "show_station",
            "The cook wants to see the tickets of a station.",
            json!({"station": station()}),
            &["station"],
        ),
    ]);
    tools
}

/// What a cook would say for a call; none for an unknown function or arguments that cannot be read.
#[must_use]
pub fn sentence(language: &Language, name: &str, arguments: &str) -> Option<String> {
    let arguments: Value =
        if arguments.trim().is_empty() { json!({}) } else { serde_json::from_str(arguments).ok()? };
    let said = |key: &str| {
        let value = &arguments[key];
        let text =
            value.as_str().map(str::to_owned).or_else(|| value.as_i64().map(|number| number.to_string()))?;
        Some(text.trim().to_owned()).filter(|text| !text.is_empty())
    };
    let fill = |sentences: &[&str]| {
        let mut sentence = (*sentences.first()?).to_owned();
        for key in ["ticket", "item", "table", "station", "minutes", "number"] {
            let hole = format!("{{{key}}}");
            if sentence.contains(&hole) {
                let word = if key == "table" { language.table.first()? } else { "" };
                sentence = sentence.replace(&hole, format!("{word} {}", said(key)?).trim_start());
            }
        }
        Some(sentence)
    };
    let fixed = |wanted: &Command| {
        let (_, forms) = language.fixed.iter().find(|(command, _)| command == wanted)?;
        fill(forms)
    };
    match name {
        "bump_table" => fill(language.bump_table),
        "hold_for" => fill(language.hold_for),
        "transfer" => fill(language.transfer),
        "recall_last" => fixed(&Command::RecallLast),
        "undo" => fixed(&Command::Undo),
        "how_many_tickets" => fixed(&Command::Ask(Question::Open)),
        "what_is_late" => fixed(&Command::Ask(Question::Late)),
        "eighty_six" => fill(language.eighty_six),
        "left" => fill(language.left),
        "back_on" => fill(language.back_on),
        "how_many" => fill(language.how_many),
        "what_is_on" => fill(language.what_is_on),
        "show_ticket" => fill(language.show_ticket),
        "show_station" => fill(language.show_station),
        _ => {
            let row =
                language.rows.iter().find(|row| name.strip_suffix("_ticket") == Some(row.verb.name()))?;
            let sentence = match said("item") {
                Some(_) => fill(language.lines)?,
                None => format!("{{verb}} {}", said("ticket")?),
            };
            Some(sentence.replace("{verb}", row.say[0]))
        }
    }
}
