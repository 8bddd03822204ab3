//! What axe-core finds: whether people who do not see, hear or point well can use a page (WCAG 2.2, level AA).

use std::path::Path;

use super::window::Window;

/// Nothing on the page that is open, apart from frames of others, breaks a rule of WCAG 2.0, 2.1 or 2.2, levels A and AA. The script comes by the debugger,
/// which the page's policy does not concern.
pub async fn is_accessible(window: &Window, what: &str) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/node_modules/axe-core/axe.min.js");
    let script = std::fs::read_to_string(&script)
        .unwrap_or_else(|error| panic!("{script:?}: {error}; npm ci --prefix tests/browser"));
    window.run(&format!("window.axe || (() => {{ {script} }})(); 0")).await;
    let found = window
        .run(
            "axe.run(document, { iframes: false, runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }).then((found) =>
                found.violations.map((rule) => `${rule.id}: ${rule.help}: ${rule.nodes.map((n) => n.html).join(' ')}`))",
        )
        .await;
    assert_eq!(found, serde_json::json!([]), "{what}");
}
