"""Who cared for the children: days with each carer, and rows that belong to several carers at once."""
