"""The demonstration programme (演示数据): fictional, seeded, the same every time, and plainly marked as such."""
