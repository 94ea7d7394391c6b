-- The first characters, as Unicode numbers, that can make a spreadsheet take a text for a formula: + - = @ in small or
-- full width; or controls, white space other than a blank, and zero-width marks, which some programs skip.
1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 43, 45,
    61, 64, 127, 133, 160, 173, 847, 1564, 6158, 8203, 8204, 8205, 8206, 8207, 8232, 8233, 8234, 8235, 8236,
    8237, 8238, 8288, 8289, 8290, 8291, 8292, 8294, 8295, 8296, 8297, 65122, 65123, 65126, 65131, 65279, 65291,
    65293, 65309, 65312
