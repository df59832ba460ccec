//! Bars of equally wide characters.

/// Cells of a bar.
const BAR_CELLS: u64 = 10;

/// Any value above nothing shows a cell, and only a full one fills the last.
pub(super) fn cells(value: u32, max: u32) -> String {
    let (value, max) = (u64::from(value.min(max)), u64::from(max.max(1)));
    let rounded = (value * BAR_CELLS + max / 2) / max;
    let filled = match value {
        0 => 0,
        full if full == max => BAR_CELLS,
        _ => rounded.clamp(1, BAR_CELLS - 1),
    };
    (0..BAR_CELLS).map(|cell| if cell < filled { '█' } else { '░' }).collect()
}
