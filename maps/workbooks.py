"""How is every workbook written: the same bytes whenever, text from inputs as text, in one font."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

FIXED_DATE = datetime(2000, 1, 1)  # noqa: DTZ001 - the same bytes whenever it is written
PLAIN: Mapping[str, Any] = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
FONT: Mapping[str, Any] = {"font_name": "Microsoft YaHei", "font_size": 10, "valign": "vcenter"}
